import { hash } from 'node:crypto'
import type { RoutingTable } from '../../../api/index.ts'
import { InferenceError } from '../../errors.ts'

export type Token = RoutingTable['tokens'][number]

/** Secrets whose hash is remembered; hashing costs 2 µs. */
const MAX_REMEMBERED = 10_000
/** Longer ones are no tokens. */
const MAX_SECRET_LENGTH = 512

/** Who may predict where, by the table's token hashes. A look-up by hash tells nothing through its time. */
export class Access {
  readonly #tokens: ReadonlyMap<string, readonly Token[]>
  readonly #remembered = new Map<string, readonly Token[]>()

  constructor(tokens: readonly Token[]) {
    this.#tokens = Map.groupBy(tokens, token => token.hash)
  }

  /** The token of the `Authorization` header, where it may predict in the project; else why not. */
  tokenFor(authorization: string | undefined, project: string, now: number): Token | InferenceError {
    const valid = this.tokens(authorization, now)
    if (valid instanceof InferenceError) return valid
    const token = valid.find(token => token.project === undefined || token.project === project)
    if (token !== undefined) return token
    return new InferenceError('FORBIDDEN', {
      message: 'The token may predict, but not with models of this project',
      hint: 'Make a token for this project: ballast token create --scopes predict.',
    })
  }

  /** What the table says of the header's secret: an entry for each project that it may predict in. At least one. */
  tokens(authorization: string | undefined, now: number): readonly Token[] | InferenceError {
    if (authorization === undefined) return unauthenticated('This needs a token')
    const tokens = this.#lookUp(authorization)
    const valid = tokens.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)
    if (tokens.length > 0 && valid.length === 0) return unauthenticated('The token has expired')
    return valid.length > 0 ? valid : unauthenticated('The token is not known here, or may not predict')
  }

  #lookUp(authorization: string): readonly Token[] {
    const known = this.#remembered.get(authorization)
    if (known !== undefined) return known
    const secret = /^Bearer\s+(\S+)\s*$/i.exec(authorization.slice(0, MAX_SECRET_LENGTH))?.[1]
    const tokens = (secret === undefined ? undefined : this.#tokens.get(hash('sha256', secret))) ?? []
    // A header that is no token's is not kept: 10,000 of them would be a store for whoever sends them.
    if (authorization.length > MAX_SECRET_LENGTH) return tokens
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear()
    this.#remembered.set(authorization, tokens)
    return tokens
  }
}

function unauthenticated(message: string): InferenceError {
  return new InferenceError('UNAUTHENTICATED', {
    message,
    hint: 'Send `Authorization: Bearer <token>` with a token of the scope predict.',
  })
}
