import { z } from 'zod'
import { inPlainWords } from '../model/plain-words.ts'

const known = new WeakMap<object, readonly string[]>()

/** Given to a parse as its `error`: plain words, and of an object with unknown keys it notes which ones it would have taken. */
export const noteKeys: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'unrecognized_keys' && issue.inst instanceof z.ZodObject) {
    const { shape } = issue.inst
    known.set(
      issue.keys,
      Object.keys(shape).filter((key) => !isRefused(shape[key])),
    )
  }
  return inPlainWords(issue)
}

/** A key that is known only to be refused with words of its own. */
function isRefused(schema: unknown): boolean {
  return schema instanceof z.ZodOptional && schema.unwrap() instanceof z.ZodNever
}

/** Adds keys that belong to the same object, as its author sees it. */
export function noteMoreKeys({ issues }: z.ZodError, more: readonly string[]): void {
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') known.set(issue.keys, [...more, ...knownKeys(issue)])
  }
}

/** The keys that the object would have taken; none when nobody has noted them. */
export function knownKeys({ keys }: { readonly keys: readonly string[] }): readonly string[] {
  return known.get(keys) ?? []
}
