/*
 * Node's HTTP by the way that loads it alone: an `import` of it reads all of its names at once, WebSocket and the like
 * among them, for which Node loads a second HTTP client (45 ms of CPU, a tenth of what `status` takes to start).
 */
export const http = process.getBuiltinModule('node:http')

/** Loaded by whoever needs it. */
export const https = () => process.getBuiltinModule('node:https')
