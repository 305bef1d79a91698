import { setMaxListeners } from 'node:events'

/** What goes on until it is ended. */
export class Running {
  readonly #stop = new AbortController()
  readonly #tasks: Promise<void>[] = []
  readonly signal: AbortSignal = this.#stop.signal

  constructor() {
    setMaxListeners(0, this.signal)
  }

  add(...tasks: readonly Promise<void>[]): void {
    this.#tasks.push(...tasks)
  }

  isIdle(): boolean {
    return this.#tasks.length === 0
  }

  async end(): Promise<void> {
    this.#stop.abort()
    await Promise.allSettled(this.#tasks)
  }
}
