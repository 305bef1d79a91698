export interface Operation {
  readonly type: 'invoke' | 'ok' | 'fail' | 'info'
  readonly f: 'add' | 'read'
  readonly value: number | readonly number[] | null
  readonly process: number
  readonly time: number
  readonly index: number
}

const OPERATION =
  /^\{:type :(invoke|ok|fail|info), :f :(add|read), :value (nil|\d+|#\{[\d ]*\}), :process (\d+), :time (\d+), :index (\d+)\}$/

/** As much of EDN as a set workload's history needs. */
export function readEdn(text: string): Operation[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, type, f, value, process, time, index] = OPERATION.exec(line) ?? []
      if (type === undefined || value === undefined) throw new Error(`no operation: ${line}`)
      return {
        type: type as Operation['type'],
        f: f as Operation['f'],
        value: readValue(value),
        process: Number(process),
        time: Number(time),
        index: Number(index),
      }
    })
}

function readValue(text: string): Operation['value'] {
  if (text === 'nil') return null
  return text.startsWith('#') ? (text.match(/\d+/g) ?? []).map(Number) : Number(text)
}
