/** Goes on with the SHA-256 of an open file from where the last `reach` of this hash ended, up to byte `to`. */
export interface Reach {
  readonly kind: 'reach'
  readonly hash: number
  readonly fd: number
  readonly to: number
  /** Also ends it: the answer has its hex digits. */
  readonly last: boolean
}

/** Nobody asks for it any more. */
export interface Drop {
  readonly kind: 'drop'
  readonly hash: number
}

/** To each `Reach` one. */
export interface Reached {
  readonly hash: number
  readonly hex?: string
  readonly problem?: string
}
