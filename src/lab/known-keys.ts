import { z } from 'zod'

const known = new WeakMap<object, readonly string[]>()

/** Given to a parse as its `error`: notes of an object with unknown keys which ones it would have taken. */
export const noteKeys: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'unrecognized_keys' && issue.inst instanceof z.ZodObject) {
    known.set(issue.keys, Object.keys(issue.inst.shape))
  }
  return undefined
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
