#!/bin/sh
# Installs ShopVisio on Debian 12 or newer, Ubuntu 24.04 or newer; or serves its demo shop.
#
#   ./install.sh               install what is missing, start the appliance or update it
#   ./install.sh demo          serve a demo shop in the foreground, out of this folder
#   ./install.sh tests         make .venv ready for the tests (tests/run does it by itself)
#   ./install.sh --rollback    back to the version before the last update (also: shopvisio rollback)
#   ./install.sh --uninstall   stop and remove the appliance; its data and its settings stay
#
# It asks nothing and may be run again at any time. SHOPVISIO_... variables given to it are kept as the
# appliance's settings in /etc/shopvisio.env. All of it is in functions, and the last line calls: a file
# that was cut off on its way does nothing.
set -eu

SETTINGS=/etc/shopvisio.env
PROGRAM=/opt/shopvisio
COMMAND=/usr/local/bin/shopvisio
UNIT=/etc/systemd/system/shopvisio.service
IMAGE_UID=10001                  # the Dockerfile's
PATIENCE=60                      # seconds for a new version to be ready; then the one before comes back
SYSTEMD=/run/systemd/system      # there where systemd runs the machine
LIBRARIES='libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 ca-certificates'
TEST_TOOLS='chromium libatomic1 iproute2 iptables poppler-utils zbar-tools qpdf shellcheck fonts-dejavu-core pebble'

main() {
  here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
  case ${1:-} in
    '') become_root; appliance ;;
    demo) demo ;;
    tests) tests ;;
    --restart) become_root --restart; restart ;;
    --rollback) become_root "$@"; go_back "${2:-}" ;;
    --uninstall) become_root --uninstall; uninstall ;;
    -h | --help) usage ;;
    *) usage >&2; exit 2 ;;
  esac
}

usage() {
  sed -n '4,8s/^#   //p' "$here/install.sh"
}

say() {
  printf '%s\n' "$*"
}

die() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}

# ---- what this machine lacks ------------------------------------------------------------------------

become_root() {
  if [ "$(id -u)" -eq 0 ]; then return; fi
  command -v sudo >/dev/null || die 'this needs root, or sudo.'
  kept=$(env | sed -n 's/^\(SHOPVISIO_[A-Z_]*\)=.*/\1/p' | paste -sd, -)
  exec sudo ${kept:+"--preserve-env=$kept"} sh "$here/install.sh" "$@"
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this needs root, or sudo: $*"
  fi
}

need() { # need PACKAGE...: the distribution's packages, asked for only when one is missing
  missing=''
  for package in "$@"; do
    case $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true) in
      installed) ;;
      *) missing="$missing $package" ;;
    esac
  done
  if [ -z "$missing" ]; then return; fi
  command -v apt-get >/dev/null || die "only Debian and Ubuntu are known here. Please install:$missing"
  say "Installing from the distribution:$missing"
  as_root apt-get -qq update
  # shellcheck disable=SC2086  # one word per package
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >/dev/null
}

usable() { # usable PYTHON: is it new enough, and can it make environments?
  "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

environment() { # environment PYTHON FOLDER LOCK [EXTRA...]: a virtual environment that holds exactly what LOCK says, or more
  python=$1 folder=$2 lock=$3
  shift 3
  wanted=$(printf '%s' "$*" | cat - "$here/requirements.lock" "$here/requirements-test.lock" | sha256sum)
  if "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    if [ "$(cat "$folder/$lock.installed" 2>/dev/null)" = "$wanted" ]; then return; fi
  else
    "$python" -m venv --clear "$folder"
  fi
  say 'Installing the Python libraries…'
  for extra in "$@"; do
    [ -f "$here/requirements-$extra.lock" ] || die "SHOPVISIO_EXTRAS=$extra: there is no such extra."
    set -- "$@" -r "$here/requirements-$extra.lock"
    shift
  done
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
    -r "$here/$lock" "$@"
  printf '%s\n' "$wanted" >"$folder/$lock.installed"
}

importable() { # importable VENV FOLDER: Python of VENV finds the package in FOLDER
  printf '%s\n' "$2" >"$("$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/shopvisio.pth"
}

# ---- out of this folder -----------------------------------------------------------------------------

in_checkout() { # in_checkout LOCK PACKAGES: make .venv ready
  # shellcheck disable=SC2086  # one word per package
  need $2
  python=python3
  if ! usable "$python"; then
    need python3 python3-venv
    python=/usr/bin/python3
    usable "$python" || die 'Python 3.11 or newer is needed.'
  fi
  environment "$python" "$here/.venv" "$1"
  importable "$here/.venv" "$here"
  "$here/shopvisio/web/npm/install" "$here/.venv/bin/python"
}

demo() {
  in_checkout requirements.lock "$LIBRARIES"
  exec "$here/.venv/bin/python" -m shopvisio demo
}

tests() {
  in_checkout requirements-test.lock "$LIBRARIES $TEST_TOOLS"
  "$here/tests/npm/install" "$here/.venv/bin/python" "$here/.venv/test-tools"
}

# ---- the appliance ----------------------------------------------------------------------------------

appliance() {
  umask 022
  look_around
  keep_settings
  data=$(setting SHOPVISIO_DATA /var/lib/shopvisio)
  case $data in
    /*[!/]*) ;;
    *) die "SHOPVISIO_DATA=$data: give a folder of its own, from the root on." ;;
  esac
  backups=$(setting SHOPVISIO_BACKUPS '')
  if [ -n "$backups" ] && [ ! -d "$backups" ]; then die "SHOPVISIO_BACKUPS=$backups: this folder is not there."; fi
  choose_layout
  if [ "$layout" = container ]; then in_container; else natively; fi
}

choose_layout() {
  layout=native
  if docker info >/dev/null 2>&1; then layout=container; fi
}

look_around() {
  if [ "$(date +%Y)" -lt 2026 ]; then die "the clock says $(date): please set it first."; fi
  mkdir -p "$PROGRAM"
  free=$(df -Pk "$PROGRAM" | awk 'NR == 2 { print $4 }')
  if [ "$free" -lt 2000000 ]; then die "only $((free / 1024)) MB are free in $PROGRAM: 2 GB are needed."; fi
}

keep_settings() { # what the environment says now, then what was kept before
  {
    env | grep '^SHOPVISIO_[A-Z_]*=' || true
    cat "$SETTINGS" 2>/dev/null || say '# The settings of the appliance. After a change, run install.sh again.'
  } | awk -F= '/^#/ || !seen[$1]++' >"$SETTINGS.new"
  mv "$SETTINGS.new" "$SETTINGS"
}

setting() { # setting NAME DEFAULT
  value=$(sed -n "s/^$1=//p" "$SETTINGS" 2>/dev/null || true)
  printf '%s\n' "${value:-$2}"
}

own_data() { # own_data USER: the data folder exists and is nobody else's
  mkdir -p "$data"
  chmod 0700 "$data"
  if [ "$(stat -c %u "$data")" != "$(id -u "$1" 2>/dev/null || say "$1")" ]; then chown -R "$1:$1" "$data"; fi
  if [ -n "$backups" ]; then
    chown "$1:$1" "$backups" 2>/dev/null || say "Please let $1 write into $backups: it cannot be given to it from here."
  fi
}

launchers() { # launchers < the appliance's Python as a script: what `shopvisio ...` on this machine runs
  cat >"$PROGRAM/python"
  cp "$here/install.sh" "$PROGRAM/install.sh"
  cat >"$COMMAND" <<EOF
#!/bin/sh
case \${1:-} in
  rollback) shift; exec sh $PROGRAM/install.sh --rollback "\$@" ;;
  restore) $PROGRAM/python -m shopvisio "\$@" && exec sh $PROGRAM/install.sh --restart ;;
  *) exec $PROGRAM/python -m shopvisio "\$@" ;;
esac
EOF
  chmod 0755 "$PROGRAM/python" "$COMMAND"
}

is_up() { # is_up [PATH]: every listener answers, about /healthz or PATH
  "$PROGRAM/python" -I -m shopvisio.health "$@" 2>/dev/null
}

becomes() { # becomes up|ready: within our patience
  tries=0
  if [ "$1" = ready ]; then set -- /readyz; else set --; fi
  until is_up "$@"; do
    tries=$((tries + 1))
    if [ "$tries" -ge "$PATIENCE" ]; then return 1; fi
    sleep 1
  done
}

start() {
  if [ "$layout" = container ]; then start_container; else systemctl start shopvisio; fi
}

stop() {
  if [ "$layout" = container ]; then
    docker stop -t 30 shopvisio >/dev/null 2>&1 || true
    docker rm --force shopvisio >/dev/null 2>&1 || true
  else
    systemctl stop shopvisio 2>/dev/null || true
  fi
}

last_words() {
  if [ "$layout" = container ]; then
    docker logs --tail 20 shopvisio >&2 || true
  else
    journalctl --unit shopvisio --lines 20 --no-pager >&2 || true
  fi
}

must_be_up() {
  if becomes up; then return; fi
  last_words
  die 'the appliance does not answer; its last words are above.'
}

# ---- from one version to the next -------------------------------------------------------------------

update() { # the new version stands beside the one that serves, and has its place only once it has shown that it can
  wanted=ready
  if ! is_up /readyz; then wanted=up; fi  # a full disk, say, is not the new version's fault
  say 'Trying the new version on a copy of the base…'
  trial || die 'the new version cannot serve this shop. Nothing was changed; the shop goes on as before.'
  "$COMMAND" backup || say 'No backup was made (see above). The base is copied all the same.'
  stop
  keep_base before-update
  swap before next
  start || true
  if becomes "$wanted"; then return; fi
  last_words
  say 'The new version is not ready: the one before comes back.' >&2
  stop
  put_base_back before-update
  swap failed before
  start
  must_be_up
  die 'the update was taken back: the version of before serves the data of before. Why is written above.'
}

trial() {
  if [ "$layout" = container ]; then
    trial_in_container shopvisio:next
  else
    timeout 600 "$PROGRAM/next/python" -m shopvisio check
  fi
}

trial_in_container() { # trial_in_container IMAGE
  docker run --rm --user "$IMAGE_UID:$IMAGE_UID" --read-only --tmpfs /tmp:size=128m,mode=1777 --cap-drop ALL \
    --network none --env-file "$SETTINGS" --env SHOPVISIO_DATA=/data --env SHOPVISIO_BACKUPS= \
    --volume "$data:/data" "$1" shopvisio check
}

swap() { # swap ASIDE COMING: what serves is put aside, what is coming takes its place
  if [ "$layout" = container ]; then
    docker tag shopvisio "shopvisio:$1"
    docker tag "shopvisio:$2" shopvisio
  else
    rm -rf "${PROGRAM:?}/$1"
    mv "$PROGRAM/now" "$PROGRAM/$1"
    mv "$PROGRAM/$2" "$PROGRAM/now"
  fi
}

base_folder() {
  if [ "$(setting SHOPVISIO_TEST no)" = yes ]; then say "$data/test"; else say "$data"; fi
}

keep_base() { # keep_base NAME: nobody has it open now, so that its files are a copy of it
  folder=$(base_folder)
  rm -rf "${folder:?}/$1"
  if [ ! -e "$folder/shop.db" ]; then return; fi
  mkdir -m 0700 "$folder/$1"
  cp -p "$folder"/shop.db* "$folder/$1/"
  chown -R --reference="$folder" "$folder/$1"
}

put_base_back() { # put_base_back NAME
  folder=$(base_folder)
  if [ ! -e "$folder/$1/shop.db" ]; then return; fi
  rm -f "$folder/shop.db" "$folder/shop.db-wal" "$folder/shop.db-shm"
  cp -p "$folder/$1"/shop.db* "$folder/"
}

go_back() { # go_back [--yes]
  data=$(setting SHOPVISIO_DATA /var/lib/shopvisio)
  backups=$(setting SHOPVISIO_BACKUPS '')
  choose_layout
  has_before || die 'there is no version before this one here.'
  if before_can_serve; then
    stop
  elif [ "$1" = --yes ]; then
    stop
    keep_base after-update
    put_base_back before-update
    say "Today's base is set aside in $(base_folder)/after-update."
  else
    die "the version of before cannot serve today's base. With --yes it takes the base as it was before the update;
what was written since then is set aside, in $(base_folder)/after-update."
  fi
  swap after before
  start
  must_be_up
  say 'The version of before serves again.'
}

has_before() {
  if [ "$layout" = container ]; then
    docker image inspect shopvisio:before >/dev/null 2>&1
  else
    [ -x "$PROGRAM/before/python" ]
  fi
}

before_can_serve() {
  if [ "$layout" = container ]; then
    trial_in_container shopvisio:before >/dev/null 2>&1
  else
    timeout 600 "$PROGRAM/before/python" -m shopvisio check >/dev/null 2>&1
  fi
}

restart() {
  choose_layout
  if [ "$layout" = container ]; then
    docker restart -t 30 shopvisio >/dev/null
  elif [ -d "$SYSTEMD" ]; then
    systemctl restart shopvisio
  else
    say 'Start the appliance again: it then serves what was restored.'
  fi
}

welcome() {
  address=$("$PROGRAM/python" -c 'from shopvisio import config; print(config.load().base_url)')
  code=$("$COMMAND" code)
  say "Customers:  $address/"
  say "Desk:       $address/desk"
  case $code in
    *' '*) say "$code" ;;
    *) say "Claim code: $code   at $address/claim, for an hour; afterwards: shopvisio code" ;;
  esac
}

# ---- natively ---------------------------------------------------------------------------------------

natively() {
  # shellcheck disable=SC2086  # one word per package
  need $LIBRARIES python3 python3-venv
  usable /usr/bin/python3 || die 'Python 3.11 or newer is needed.'
  if [ ! -d "$SYSTEMD" ] && [ -x "$PROGRAM/python" ] && is_up; then
    say 'The appliance runs already. To update it, end it and run install.sh again.'
    welcome
    return
  fi
  id shopvisio >/dev/null 2>&1 ||
    useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin shopvisio
  own_data shopvisio
  program
  if [ ! -d "$SYSTEMD" ]; then in_foreground; fi
  unit >"$UNIT"
  systemctl daemon-reload
  systemctl --quiet enable shopvisio
  if [ -x "$PROGRAM/now/python" ]; then
    update
    native_launchers
  else
    stop
    install_next
    ports_are_free
    start
    must_be_up
  fi
  welcome
}

install_next() {
  rm -rf "$PROGRAM/now"
  mv "$PROGRAM/next" "$PROGRAM/now"
  native_launchers
}

in_foreground() {
  if [ -x "$PROGRAM/now/python" ]; then
    trial || die 'the new version cannot serve this shop. Nothing was changed.'
    keep_base before-update
  fi
  install_next
  ports_are_free
  say 'No systemd here: the appliance runs in the foreground. Ctrl+C ends it.'
  exec "$PROGRAM/python" -m shopvisio serve
}

program() { # made beside what runs, so that nothing that fails here changes anything
  rm -rf "$PROGRAM/next"
  mkdir -p "$PROGRAM/next/app"
  if [ -d "$PROGRAM/now/venv" ]; then cp -a "$PROGRAM/now/venv" "$PROGRAM/next/venv"; fi
  # shellcheck disable=SC2046  # one word per extra
  environment /usr/bin/python3 "$PROGRAM/next/venv" requirements.lock $(setting SHOPVISIO_EXTRAS '')
  importable "$PROGRAM/next/venv" "$PROGRAM/now/app"
  "$here/shopvisio/web/npm/install" "$PROGRAM/next/venv/bin/python" "$PROGRAM/vendor"
  cp -R "$here/shopvisio" "$PROGRAM/next/app/"
  find "$PROGRAM/next/app" -name __pycache__ -prune -exec rm -rf {} +
  rm -rf "$PROGRAM/next/app/shopvisio/web/static/vendor"
  cp -R "$PROGRAM/vendor" "$PROGRAM/next/app/shopvisio/web/static/vendor"
  chown -R root:root "$PROGRAM/next/app"
  chmod -R u=rwX,go=rX "$PROGRAM/next/app"
  "$PROGRAM/next/venv/bin/python" -m compileall -q "$PROGRAM/next/app"
  version_python >"$PROGRAM/next/python"
  chmod 0755 "$PROGRAM/next/python"
}

version_python() { # the Python of one version, whatever folder the version lies in
  cat <<EOF
#!/bin/sh
# The appliance's Python, as its own user and with its settings.
version=\$(CDPATH='' cd -- "\$(dirname -- "\$0")" && pwd -P)
while IFS= read -r line; do
  case \$line in SHOPVISIO_*=*) export "\${line?}" ;; esac
done <$SETTINGS
export PYTHONSAFEPATH=1 PYTHONPATH="\$version/app" HOME=/nonexistent
umask 077
if [ "\$(id -u)" -ne 0 ]; then exec "\$version/venv/bin/python" "\$@"; fi
drop='setpriv --reuid shopvisio --regid shopvisio --clear-groups --no-new-privs'
low_ports='--inh-caps -all,+net_bind_service --ambient-caps +net_bind_service --bounding-set -all,+net_bind_service'
if \$drop \$low_ports true 2>/dev/null; then drop="\$drop \$low_ports"; fi
exec \$drop "\$version/venv/bin/python" "\$@"
EOF
}

native_launchers() {
  launchers <<EOF
#!/bin/sh
exec $PROGRAM/now/python "\$@"
EOF
}

ports_are_free() {
  for port in "$(setting SHOPVISIO_PORT 80)" "$(setting SHOPVISIO_TLS_PORT 443)"; do
    /usr/bin/python3 - "$port" <<'EOF' || die "port $port is taken by another program: end it, or choose another."
import errno, socket, sys
with socket.socket() as taken:
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind(("", int(sys.argv[1]) if sys.argv[1].isdigit() else 0))
    except OSError as error:
        sys.exit(error.errno == errno.EADDRINUSE)
EOF
  done
}

unit() {
  cat <<EOF
[Unit]
Description=ShopVisio, a shop's sales and repairs by video
Wants=network-online.target
After=network-online.target

[Service]
User=shopvisio
Group=shopvisio
EnvironmentFile=$SETTINGS
Environment=PYTHONSAFEPATH=1
ExecStart=$PROGRAM/now/venv/bin/python -m shopvisio serve
Restart=always
RestartSec=2
TimeoutStopSec=30
UMask=0077
LimitNOFILE=65536
MemoryMax=1500M
TasksMax=256
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
ReadWritePaths=$data${backups:+ -$backups}
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
PrivateDevices=yes
PrivateTmp=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
EOF
}

# ---- in a container ---------------------------------------------------------------------------------

in_container() {
  if [ -d "$SYSTEMD" ]; then systemctl --quiet disable --now shopvisio 2>/dev/null || true; fi
  rm -f "$UNIT"
  say 'Building the image…'
  docker build --quiet --build-arg "EXTRAS=$(setting SHOPVISIO_EXTRAS '')" --tag shopvisio:next "$here" >/dev/null
  own_data "$IMAGE_UID"
  if docker image inspect shopvisio >/dev/null 2>&1 && [ -x "$PROGRAM/python" ]; then
    update
    container_launchers
  else
    stop
    docker tag shopvisio:next shopvisio
    container_launchers
    start
    must_be_up
  fi
  welcome
}

container_launchers() {
  launchers <<'EOF'
#!/bin/sh
exec docker exec -i shopvisio python "$@"
EOF
}

start_container() {
  address=$(lan_address)
  port=$(setting SHOPVISIO_PORT 80)
  tls=$(setting SHOPVISIO_TLS_PORT 443)
  media=$(setting SHOPVISIO_MEDIA_PORT "$tls")
  if [ "$media" -lt 1024 ] && [ "$media" = "$tls" ]; then media=$(setting SHOPVISIO_MEDIA_PORT 8443); fi
  bind=$(setting SHOPVISIO_BIND '')
  case $bind in *:*) bind="[$bind]" ;; esac
  set -- --publish "${bind:+$bind:}$media:$media/udp"
  if [ "$port" != 0 ]; then set -- "$@" --publish "${bind:+$bind:}$port:$port"; fi
  if [ "$tls" != 0 ]; then set -- "$@" --publish "${bind:+$bind:}$tls:$tls"; fi
  mounted=''     # their folders: a file that is replaced would stay the old one inside
  for file in TLS_CERT TLS_KEY ACME_ROOTS; do
    folder=$(dirname "$(setting "SHOPVISIO_$file" .)")
    case "$folder|$mounted" in
      .\|* | "$folder|"*"|$folder|"*) ;;
      *) set -- "$@" --volume "$folder:$folder:ro"; mounted="$mounted|$folder|" ;;
    esac
  done
  if [ -n "$backups" ]; then set -- "$@" --volume "$backups:/backups" --env SHOPVISIO_BACKUPS=/backups; fi
  # in the bridge the appliance cannot see this machine's address on the local network
  if [ -n "$address" ]; then
    set -- "$@" --env "SHOPVISIO_MEDIA_ADDRESSES=$(setting SHOPVISIO_MEDIA_ADDRESSES "$address")"
    case $tls in
      0) ;;
      443) set -- "$@" --env "SHOPVISIO_PUBLIC_URL=$(setting SHOPVISIO_PUBLIC_URL "https://$address")" ;;
      *) set -- "$@" --env "SHOPVISIO_PUBLIC_URL=$(setting SHOPVISIO_PUBLIC_URL "https://$address:$tls")" ;;
    esac
  fi
  docker run --detach --name shopvisio --restart unless-stopped --stop-timeout 30 \
    --user "$IMAGE_UID:$IMAGE_UID" --read-only --tmpfs /tmp:size=128m,mode=1777 \
    --cap-drop ALL --security-opt no-new-privileges:true \
    --pids-limit 256 --memory 1500m --ulimit nofile=65536:65536 \
    --log-driver local --log-opt max-size=10m --log-opt max-file=5 \
    --env-file "$SETTINGS" --env SHOPVISIO_DATA=/data --env SHOPVISIO_BIND=0.0.0.0 \
    --volume "$data:/data" "$@" shopvisio >/dev/null
}

lan_address() { # nothing is sent: the routing table is asked
  found=$(ip -4 route get 192.0.2.1 2>/dev/null | sed -n 's/.* src \([0-9.]*\).*/\1/p')
  if [ -z "$found" ]; then found=$(hostname -I 2>/dev/null | awk '{ print $1 }'); fi
  printf '%s\n' "$found"
}

# ---- and away ---------------------------------------------------------------------------------------

uninstall() {
  if [ -d "$SYSTEMD" ]; then systemctl --quiet disable --now shopvisio 2>/dev/null || true; fi
  if docker info >/dev/null 2>&1; then
    docker stop -t 30 shopvisio >/dev/null 2>&1 || true
    docker rm --force shopvisio >/dev/null 2>&1 || true
    for tag in latest next before after failed; do docker rmi --force "shopvisio:$tag" >/dev/null 2>&1 || true; done
  fi
  if [ -x "$PROGRAM/python" ] && is_up; then die 'the appliance still runs in a terminal: end it there first.'; fi
  rm -rf "$PROGRAM"
  rm -f "$COMMAND" "$UNIT"
  say "ShopVisio is removed. Its data and its settings stay: $(setting SHOPVISIO_DATA /var/lib/shopvisio), $SETTINGS"
}

{ main "$@"; exit; }
