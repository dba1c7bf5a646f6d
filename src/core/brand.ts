declare const brand: unique symbol

/** A primitive that carries its meaning in the type: a `Digest` is not any string. */
export type Branded<Base, Name extends string> = Base & { readonly [brand]: Name }
