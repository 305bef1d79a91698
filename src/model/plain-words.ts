import type { z } from 'zod'

/** Given to a parse as its `error`: what zod says in words of its own, as whoever wrote the value would say it. */
export const inPlainWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type': {
      const [expected, given] = [`expected ${kindWord(issue.expected)}`, kindOf(issue.input)]
      const isNumber = issue.expected === 'int' && given === 'number'
      return issue.input === undefined || isNumber ? expected : `${expected}, not ${kindWord(given)}`
    }
    case 'invalid_value':
      return `expected ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`
    case 'too_small':
      return `expected ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${unitOf(issue.origin)}`
    case 'too_big':
      return `expected ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${unitOf(issue.origin)}`
    case 'invalid_format':
      return `expected ${FORMATS[issue.format] ?? `text that matches ${issue.pattern ?? issue.format}`}`
    default:
      return undefined
  }
}

/** What zod calls a kind of value, for people. */
export function kindWord(kind: string): string {
  return KINDS[kind] ?? kind
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys with values',
  record: 'keys with values',
  null: 'nothing',
}

const FORMATS: Readonly<Record<string, string>> = {
  url: 'a URL',
  ipv4: 'an IPv4 address',
  cidrv4: 'a network like 172.30.77.0/24',
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function unitOf(origin: string): string {
  return { string: ' characters', array: ' of them' }[origin] ?? ''
}
