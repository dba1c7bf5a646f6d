/** Every rule by its id, with why what it finds is dangerous. Ids are stable: people write them into exceptions. */
export const RULES = {
  'pickle/call': 'Loading this pickle calls a function that no rule vouches for.',
} as const

export type Rule = keyof typeof RULES
