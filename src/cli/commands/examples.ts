import type { Command } from 'commander'

type Example = readonly [command: string, about: string]

/** Of every command, by its name: what its `--help` ends with. */
const examples: Readonly<Record<string, readonly Example[]>> = {
  start: [
    ['chaoslab', 'the Patroni cluster, and the screen on it'],
    ['chaoslab --lab pair --switch', 'another lab, in the place of the one that is up'],
    ['chaoslab </dev/null', 'without a screen: kill the leader, and judge what came of it'],
  ],
  up: [
    ['chaoslab up', 'the Patroni cluster, with ttl 20'],
    ['chaoslab up --preset default', "with Patroni's own timing, 30/10/10"],
    ['chaoslab --lab sharded up --switch', 'another lab, in the place of the one that is up'],
  ],
  down: [
    ['chaoslab down', 'containers and network; the data stays'],
    ['chaoslab down --volumes', 'the data too'],
  ],
  labs: [
    ['chaoslab labs', 'which there are, and which is up'],
    ["chaoslab labs --json | jq -r '.[] | select(.isUp).name'", 'the name of the one that is up'],
  ],
  attach: [
    [
      'chaoslab attach 10.0.0.11:8008 --out mine.yaml && chaoslab --lab mine.yaml status',
      'writes the definition, and says how the cluster is',
    ],
  ],
  ui: [
    ['chaoslab ui', 'with 50 writes and 100 reads a second'],
    ['chaoslab ui --no-traffic', 'only look; the space bar switches traffic on'],
  ],
  traffic: [
    ['chaoslab traffic --writes 200/s', 'until Ctrl-C'],
    ['chaoslab traffic --for 5m --no-record', 'for five minutes, and keep nothing'],
  ],
  run: [
    ['chaoslab run hw3/scenarios/leader-cut-off.yaml', 'play it, and judge'],
    ['chaoslab run hw3/scenarios/*.yaml --junit junit.xml', 'all of them, for CI'],
    ['chaoslab run hw3/scenarios/leader-cut-off.yaml --dry-run', 'what would be done, and what would remain'],
    ['chaoslab run --random --for 10m --seed 7', 'random faults, the same for the same seed'],
  ],
  inject: [
    ['chaoslab inject kill leader --for 30s', 'kill it, and start it again after 30 s'],
    ['chaoslab inject isolate leader from=etcd', 'cut it off from etcd until Ctrl-C'],
  ],
  faults: [
    ['chaoslab faults', 'all of them'],
    ["chaoslab faults --json | jq -r '.[].fault'", 'their names'],
  ],
  heal: [['chaoslab heal', 'after a run that was killed']],
  report: [
    ['chaoslab report runs/2026-03-01T09-30-00-kill', 'also of a run that was killed before its end'],
    ['chaoslab report runs/2026-03-01T09-30-00-suite --junit junit.xml', 'the results, for CI'],
  ],
  compare: [
    [
      'chaoslab compare asynchronous=runs/2026-03-01T09-30-00-kill synchronous=runs/2026-03-01T09-40-00-kill --out compared',
      'the same fault on two settings, with a page',
    ],
  ],
  audit: [
    [
      'chaoslab audit runs/2026-03-01T09-30-00-traffic',
      'which acknowledged writes are gone, doubled or altered, and why',
    ],
  ],
  export: [
    ['chaoslab export runs/2026-03-01T09-30-00-kill --format csv > writes.csv', 'every write, and what became of it'],
  ],
  replay: [['chaoslab replay runs/2026-03-01T09-30-00-kill --speed 8', 'eight times as fast as it was']],
  status: [
    ['chaoslab status', 'leader, members, etcd, HAProxy, containers'],
    ['chaoslab status --json | jq .leader', 'who leads'],
  ],
  doctor: [['chaoslab doctor', 'what is wrong, and what to do about it']],
  runs: [
    ['chaoslab runs', 'what is kept under runs/'],
    ['chaoslab runs --json | jq \'.[] | select(.verdict == "fail").folder\'', 'those that failed'],
    ['chaoslab runs --prune 30d', 'delete what is older than 30 days'],
  ],
  open: [
    ['chaoslab open', 'the report of the latest run'],
    ['chaoslab open runs/2026-03-01T09-30-00-kill', 'that of another'],
  ],
  completion: [
    ['source <(chaoslab completion bash)', 'in ~/.bashrc'],
    ['source <(chaoslab completion zsh)', 'in ~/.zshrc, after compinit'],
    ['chaoslab completion fish > ~/.config/fish/completions/chaoslab.fish', 'once'],
  ],
}

/** Ends the help of every command with its examples. */
export function addExamples({ commands }: Command): void {
  for (const command of commands) {
    const own = examples[command.name()]
    if (own !== undefined) command.addHelpText('after', `\n${own.length > 1 ? 'Examples' : 'Example'}:\n${format(own)}`)
  }
}

const ABOUT_AT = 40

/** What it does stands beside a short one, and below a long one. */
function format(own: readonly Example[]): string {
  return own
    .map(([command, about]) => {
      const line = `  ${command}`
      const isLong = line.length > ABOUT_AT - 2
      return `${isLong ? `${line}\n${' '.repeat(ABOUT_AT)}` : line.padEnd(ABOUT_AT)}${about}`
    })
    .join('\n')
}
