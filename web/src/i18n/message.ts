/** A message with `{names}` to fill in, or its forms by the number `n`. */
export type Message = string | { readonly one: string; readonly other: string }
