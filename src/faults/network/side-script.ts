/**
 * What a side container runs as its first process, with bash. Its arguments: the commands that make the change, those
 * that take it back, the seconds that it waits for a sign of life, the commands that show the change, and any number
 * of `ADDRESS:PORT` to be tried.
 *
 * It tries them (`before … open|closed|silent`), keeps the open ones open, says `ready`, and makes the change on USR2:
 * so all the side containers of one fault act at the same moment. Then it says `made`, tries everything again
 * (`after …`), writes into what it had kept open (`kept … alive|dead`: whether the other side's kernel acknowledged
 * it), shows the change and says `done`. TERM takes the change back at once, and USR1 is the lab's sign of life.
 *
 * `closed` is a refusal, which is an answer too. The kernel counts what was written and not acknowledged as Send-Q
 * (ss(8)); a connection that the other side has reset was answered too. Without
 * ss, nothing is kept open. A first process without a handler is deaf to a signal: `ready` comes after the handlers.
 */
export const SIDE_SCRIPT = `
make=$1 undo=$2 patience=$3 show=$4
shift 4
undo() { bash -c "$undo"; }
trap 'undo; exit 0' TERM INT
trap renewed=1 USR1
trap go=1 USR2
try() {
  local patience=0.3
  [ "$1" = after ] || patience=1
  timeout $patience bash -c "exec 3<>/dev/tcp/\${2/://}" 2>/dev/null
  case $? in 0) echo "$1 $2 open" ;; 124) echo "$1 $2 silent" ;; *) echo "$1 $2 closed" ;; esac
}
try_all() {
  local phase=$1 pids=() to
  shift
  for to; do try "$phase" "$to" & pids+=($!); done
  for pid in "\${pids[@]}"; do while kill -0 "$pid" 2>/dev/null; do wait "$pid"; done; done
}
wait_for_sign() {
  sleep "$patience" & local sleeper=$!
  wait "$sleeper"
  kill "$sleeper" 2>/dev/null
}

declare -A kept
tried=$(try_all before "$@")
echo "$tried"
while read -r _ to how; do
  [ "$how" = open ] && command -v ss >/dev/null && exec {fd}<>"/dev/tcp/\${to/://}" && kept[$to]=$fd
done <<<"$tried"
echo ready
for ((n = 0; n < patience * 10; n++)); do [ -z "$go" ] || break; sleep 0.1 & wait $!; done
[ -n "$go" ] || exit 0

if ! bash -ec "$make"; then
  undo
  echo failed
  sleep 5
  exit 1
fi
echo made
for to in "\${!kept[@]}"; do printf '\\n' >&"\${kept[$to]}"; done
try_all after "$@"
[ \${#kept[@]} -eq 0 ] || sockets=$(ss -Htanp)
for to in "\${!kept[@]}"; do
  fd=\${kept[$to]}
  unanswered=$(grep "pid=$$,fd=$fd)" <<<"$sockets" | { read -r _ _ sent _ && echo "$sent"; })
  [ "\${unanswered:-0}" = 0 ] && echo "kept $to alive" || echo "kept $to dead"
  exec {fd}>&-
done
bash -c "$show"
echo done
while :; do
  renewed=
  wait_for_sign
  [ -n "$renewed" ] || break
done
undo
`

/** What a side container has said so far. */
export interface SideSaid {
  readonly isReady: boolean
  readonly hasFailed: boolean
  readonly isDone: boolean
  /** By `ADDRESS:PORT`. */
  readonly before: ReadonlyMap<string, Reachability>
  readonly after: ReadonlyMap<string, Reachability>
  /** Connections that were open before the change: whether what was written into them afterwards was acknowledged. */
  readonly kept: ReadonlyMap<string, 'alive' | 'dead'>
  /** All of its output, with that of the commands that show the change. */
  readonly text: string
}

/** What became of an attempt to connect: `closed` is an answer, `silent` none at all. */
type Reachability = 'open' | 'closed' | 'silent'

export function readSide(text: string): SideSaid {
  const lines = text.split('\n').map((line) => line.trim().split(' '))
  const table = <T>(of: string) =>
    new Map(lines.filter(([word]) => word === of).map(([, to = '', how]) => [to, how as T] as const))
  const says = (word: string) => lines.some(([first, ...more]) => first === word && more.length === 0)
  return {
    isReady: says('ready'),
    hasFailed: says('failed'),
    isDone: says('done'),
    before: table<Reachability>('before'),
    after: table<Reachability>('after'),
    kept: table<'alive' | 'dead'>('kept'),
    text,
  }
}
