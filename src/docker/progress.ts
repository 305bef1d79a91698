/** How long work tells what it is doing. The command line draws it; tests collect it. */
export interface Progress {
  /**
   * Runs one step, shown with the time it has taken; `detail` replaces what is said beside its title. It is shown as
   * done unless it throws, or `isDone` says that what it came to is not what was wanted.
   */
  step<T>(
    title: string,
    work: (detail: (text: string) => void) => Promise<T>,
    isDone?: (result: T) => boolean,
  ): Promise<T>
  /** One line that stays. */
  say(line: string): void
}

/** Something that a person has to do or to decide; its message is one line that says what. */
export class SetupError extends Error {
  override readonly name = 'SetupError'
}
