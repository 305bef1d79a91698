import type { Answer, Session, Statement } from '../../src/traffic/session.ts'

/** A session that answers as it is told to, without a connection. */
export class FakeSession implements Session {
  isLost = false
  isClosed = false
  ran = 0
  answer: () => Promise<Answer> = async () => answered('ok')

  constructor(
    readonly server = '10.0.0.1',
    readonly openedMs = 0,
  ) {}

  get isUsable(): boolean {
    return !this.isLost && !this.isClosed
  }

  run(): Promise<Answer> {
    this.ran++
    return this.answer()
  }

  send(_: Statement, __: readonly string[], ___: number, onAnswer: (answer: Answer) => void): void {
    void this.run().then(onAnswer)
  }

  close(): void {
    this.isClosed = true
  }
}

export function answered(outcome: Answer['outcome'], code: string | null = null): Answer {
  return { outcome, code, message: null, isUnguarded: false, row: null, sentMs: 0, answeredMs: 0 }
}
