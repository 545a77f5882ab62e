"""Record real traffic of 33 protocols between network namespaces, and label every packet.

Servers and clients are the usual programs. Each protocol gets a network of four hosts of its own
(namespaces with names, hardware, IPv4 and IPv6 addresses, tied by a bridge, with no way out). Each
session is recorded by its own tcpdump, so a packet's label is the protocol that was started, not a
guess from its ports. Whole sessions are kept or none of their packets.

    python -m tools.record_traffic --out DIR                      everything, about five minutes
    python -m tools.record_traffic --out DIR --only DNS,SIP       some protocols
    python -m tools.record_traffic --list                         what is needed, what is missing

It must run as root and needs Linux network namespaces. Debian 12 packages, in one line::

    apt-get install --no-install-recommends iproute2 util-linux hostname procps ethtool tcpdump \
        bind9-dnsutils bind9-host bird2 bsdutils busybox chrony curl dnsmasq-base dovecot-pop3d \
        dropbear-bin exim4-daemon-light fping freeradius freeradius-utils freerdp2-x11 gnutls-bin \
        gvncviewer ii iputils-ping isc-dhcp-client kamailio krb5-admin-server krb5-kdc krb5-user \
        ldap-utils lftp libnfs-utils lighttpd mariadb-client mariadb-server mbpoll mosquitto \
        mosquitto-clients mpop msmtp ndisc6 nfs-ganesha-vfs nginx-light ngircd ngtcp2-client \
        ngtcp2-server ntpsec-ntpdig openssh-client openssh-server openssl postgresql radvd \
        redis-server rpcbind rsyslog samba sip-tester sipsak slapd snmp snmpd snmptrapd socat \
        swaks tigervnc-standalone-server tigervnc-tools traceroute udhcpc vsftpd wget \
        wide-dhcpv6-client xrdp xvfb

Python packages: ``pip install -r tools/record_traffic/requirements.txt``. On a machine that runs
services, keep the new ones from starting by themselves (a ``policy-rc.d`` that answers 101); the
tool starts its own and touches neither the machine's services nor its files in /etc.
"""
