/** What a JSON text says; undefined for what is none, such as the half of one that a killed process leaves. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
