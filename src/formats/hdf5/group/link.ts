/** A name in a group, and what it stands for. */
export type Hdf5Link =
  | { readonly name: string; readonly kind: 'hard'; readonly address: number }
  | { readonly name: string; readonly kind: 'soft'; readonly target: string }
  | { readonly name: string; readonly kind: 'external'; readonly file: string; readonly target: string }
  /** A user's own kind of link, which only its program can follow. */
  | { readonly name: string; readonly kind: 'other'; readonly type: number }
