#!/bin/bash
# What a simulated host does when it is switched on: an SSH server on its own address, and a Docker engine. The key that
# may log in comes as AUTHORIZED_KEY; host keys and images stay on the volume, so a machine that was killed comes back as itself.
set -eu
mount -o remount,rw /proc/sys
# A power cut leaves these behind.
rm -rf /var/run/docker.pid /var/run/docker /run/containerd

keys=/var/lib/docker/ssh
mkdir -p "$keys" /run/sshd /root/.ssh
[ -e "$keys/ed25519" ] || ssh-keygen -q -t ed25519 -N '' -f "$keys/ed25519"
echo "$AUTHORIZED_KEY" > /root/.ssh/authorized_keys
# The lab opens a connection for each stream.
/usr/sbin/sshd -h "$keys/ed25519" -o ListenAddress="$(hostname -i | cut -d' ' -f1)" -o PasswordAuthentication=no -o MaxStartups=200

# Below its own control group, so that whoever pauses the machine pauses what runs on it. Not in place of this shell: a
# machine's first process cannot be stopped, and an engine can.
dockerd --cgroup-parent="$(sed -n 's/^[0-9]*:freezer://p' /proc/self/cgroup)/engine" --log-level=warn &
trap "kill $!" TERM
wait || wait
