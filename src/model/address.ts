/** Host and port of something that speaks TCP. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** How to log in to PostgreSQL. */
export interface Credentials {
  readonly database: string
  readonly user: string
  readonly password: string
}
