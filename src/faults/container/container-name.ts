import { z } from 'zod'

/** A container's name or a service's, by the engine's own rule: nothing that a shell would take for more. */
export const containerName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/)
