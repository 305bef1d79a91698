#!/bin/bash
# Three machines for labs/hosts where there is but one: containers that each run a Docker engine and an SSH server of
# their own, on a network of their own. `up` makes them and lets this user's ssh reach them, `down` takes all of it away.
set -euo pipefail
cd "$(dirname "$0")"

names=(host1 host2 host3)
network=chaoslab-hosts
subnet=172.30.90.0/24
first=11
image=chaoslab-host
keys=${XDG_STATE_HOME:-$HOME/.local/state}/chaoslab/simulated-hosts
config=$HOME/.ssh/config
begin='# chaoslab: simulated hosts (simulate.sh down removes this)'
end='# chaoslab: end of simulated hosts'

address() { echo "172.30.90.$((first + $1))"; }

# Takes the lines away that `up` has written; the rest of the file stays as it is.
forget() {
  [ -e "$config" ] || return 0
  local rest
  rest=$(sed "/^$begin\$/,/^$end\$/d" "$config")
  if [ -n "$rest" ]; then printf '%s\n' "$rest" > "$config"; else rm -f "$config"; fi
}

# First in the file, because ssh takes the first value that it finds.
introduce() {
  mkdir -p -m 700 "$HOME/.ssh"
  local rest=''
  [ ! -e "$config" ] || rest=$(cat "$config")
  {
    echo "$begin"
    echo "Host 172.30.90.11 172.30.90.12 172.30.90.13"
    echo "  IdentityFile $keys/id_ed25519"
    echo "  IdentitiesOnly yes"
    echo "  UserKnownHostsFile $keys/known_hosts"
    echo "Host *"
    echo "$end"
    [ -z "$rest" ] || printf '%s\n' "$rest"
  } > "$config.new"
  mv "$config.new" "$config"
}

up() {
  mkdir -p -m 700 "$keys"
  [ -e "$keys/id_ed25519" ] || ssh-keygen -q -t ed25519 -N '' -C chaoslab-simulated -f "$keys/id_ed25519"
  local said
  said=$(docker build -q -t "$image" simulated 2>&1) || { echo "$said" >&2; exit 1; }
  docker network inspect "$network" > /dev/null 2>&1 || docker network create --subnet "$subnet" "$network" > /dev/null
  for index in "${!names[@]}"; do
    local name=chaoslab-${names[index]}
    # Not --privileged, which asks for more than a container's root may have itself in some places.
    docker inspect "$name" > /dev/null 2>&1 || docker create --name "$name" --hostname "${names[index]}" \
      --network "$network" --ip "$(address "$index")" -e AUTHORIZED_KEY="$(cat "$keys/id_ed25519.pub")" \
      --cap-add ALL --cap-drop SYS_RESOURCE --security-opt seccomp=unconfined --security-opt apparmor=unconfined \
      -v /sys/fs/cgroup:/sys/fs/cgroup:rw -v "$name:/var/lib/docker" "$image" > /dev/null
    docker start "$name" > /dev/null
  done
  forget
  introduce
  : > "$keys/known_hosts"
  for index in "${!names[@]}"; do
    local at
    at=$(address "$index")
    echo -n "${names[index]} ($at): "
    timeout 60 bash -c "until ssh-keyscan -t ed25519 $at 2> /dev/null >> '$keys/known_hosts' && [ -s '$keys/known_hosts' ] && grep -q '^$at ' '$keys/known_hosts'; do sleep 0.5; done"
    timeout 60 bash -c "until docker -H ssh://root@$at version --format '{{.Server.Version}}' 2> /dev/null; do sleep 0.5; done" \
      || { echo "does not answer: docker logs chaoslab-${names[index]}"; exit 1; }
  done
}

down() {
  for name in "${names[@]}"; do
    docker rm -f -v "chaoslab-$name" > /dev/null 2>&1 || true
    docker volume rm "chaoslab-$name" > /dev/null 2>&1 || true
  done
  docker network rm "$network" > /dev/null 2>&1 || true
  docker rmi "$image" > /dev/null 2>&1 || true
  forget
  rm -rf "$keys"
}

case ${1:-} in
  up) up ;;
  down) down ;;
  *) echo "usage: $0 up|down" >&2; exit 2 ;;
esac
