import { type Message, MessageReader, sqlStateOf, strings } from './messages.ts'
import type { Trouble } from './trouble.ts'

/** What a client waits for until the server says that it is ready for the next query. */
interface Group {
  hasInsert: boolean
}

/** Mistakes of the client's own (its password, its database): they say nothing of the server. */
const OWN_MISTAKES = ['28', '3D']

/** Follows one session's messages in both directions, and tells what of it speaks against the server. */
export class SessionWatch {
  readonly #fromClient = new MessageReader((message) => this.#onClient(message))
  readonly #fromServer = new MessageReader((message) => this.#onServer(message))
  readonly #statements = new Map<string, boolean>()
  readonly #portals = new Map<string, boolean>()
  readonly #waiting: Group[] = []
  #open: Group | null = null
  #hasAnswered = false
  #isReady = false
  #hasLeft = false
  #fatal: string | null = null

  constructor(
    private readonly report: (trouble: Trouble) => void,
    private readonly onServed: () => void = () => {},
  ) {}

  fromClient(chunk: Buffer): void {
    this.#fromClient.take(chunk)
  }

  fromServer(chunk: Buffer): void {
    this.#fromServer.take(chunk)
  }

  /** The client is gone: nothing against the server unless it was owed a session, or an answer to an INSERT. */
  clientGone(): void {
    if (!this.#hasAnswered) this.report({ type: 'abandoned', waitingFor: 'session' })
    else if (this.#isOwedInsert()) this.report({ type: 'abandoned', waitingFor: 'insert' })
  }

  /** The server is gone, and the client did not ask it to go. */
  serverGone(code: string | null): void {
    if (this.#hasLeft) return
    if (this.#isReady) this.report({ type: 'broken', code: this.#fatal ?? code })
    else if (this.#fatal === null) this.report({ type: 'refused', code: code ?? 'closed' })
    else if (!OWN_MISTAKES.includes(this.#fatal.slice(0, 2))) this.report({ type: 'refused', code: this.#fatal })
  }

  #onClient({ type, head }: Message): void {
    const [first = '', second = ''] = strings(head)
    switch (type) {
      case 'Q':
        this.#group().hasInsert ||= isInsert(first)
        this.#close()
        break
      case 'P':
        this.#group()
        this.#statements.set(first, isInsert(second))
        break
      case 'B':
        this.#group()
        this.#portals.set(first, this.#statements.get(second) ?? false)
        break
      case 'E':
        this.#group().hasInsert ||= this.#portals.get(first) ?? false
        break
      case 'S':
        this.#group()
        this.#close()
        break
      case 'X':
        this.#hasLeft = true
    }
  }

  #onServer({ type, head }: Message): void {
    this.#hasAnswered = true
    if (type === 'E') this.#onError(sqlStateOf(head), strings(head).includes('SFATAL'))
    if (type !== 'Z') return
    if (this.#isReady) this.#waiting.shift()
    else this.onServed()
    this.#isReady = true
  }

  #onError(sqlState: string, isFatal: boolean): void {
    if (this.#isReady && this.#isOwedInsert(true)) this.report({ type: 'insert-error', sqlState })
    if (isFatal || !this.#isReady) this.#fatal = sqlState
  }

  /** Answers come in order: an error belongs to the first that waits. */
  #isOwedInsert(isFirstOnly = false): boolean {
    const groups = [...this.#waiting, ...(this.#open ? [this.#open] : [])]
    return (isFirstOnly ? groups.slice(0, 1) : groups).some((group) => group.hasInsert)
  }

  #group(): Group {
    this.#open ??= { hasInsert: false }
    return this.#open
  }

  #close(): void {
    if (this.#open) this.#waiting.push(this.#open)
    this.#open = null
  }
}

/** Whether a statement inserts: INSERT itself, or WITH … INSERT; comments before it do not hide it. */
export function isInsert(text: string): boolean {
  const bare = text.replace(/\/\*[\s\S]*?\*\/|--[^\n]*/g, ' ').trimStart()
  return /^insert\b/i.test(bare) || /^with\b[\s\S]*\binsert\s+into\b/i.test(bare)
}
