import { type Command, InvalidArgumentError } from 'commander'

export function replayCommand(program: Command): void {
  program
    .command('replay')
    .argument('<run>', 'the folder of a run')
    .option('--speed <factor>', 'how many times as fast', factor, 1)
    .description('play a recorded run on the same screen; needs no Docker')
    .action(async (run: string, options: { speed: number }) =>
      (await import('../replay.ts')).replay(run, options.speed),
    )
}

function factor(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 1_000)) throw new InvalidArgumentError('expected a factor like 8 or 0.5')
  return value
}
