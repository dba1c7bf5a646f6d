/**
 * Who or what decided a change of what serves where. `analysis`: a canary's figures. `checks`: replicas that
 * loaded, warmed up and answered alike, or did not.
 */
export type Decision =
  | { readonly kind: 'person'; readonly by: string }
  | { readonly kind: 'analysis' }
  | { readonly kind: 'checks' }
