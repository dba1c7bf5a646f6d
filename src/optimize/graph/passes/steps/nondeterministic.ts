import type { Node } from '../world/types.ts'

/** Operators that give something else each time; Dropout does while it trains. */
const RANDOM: ReadonlySet<string> = new Set([
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
  'Bernoulli',
  'Multinomial',
  'Dropout',
  'BiasDropout',
  'BitmaskDropout',
  'BitmaskBiasDropout',
  'Sampling',
])

/** Domains whose operators are known to compute, and to do nothing else. */
const KNOWN_DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx.ml', 'com.microsoft'])

/** Whether a node gives the same for the same, and has no body, which may have a node that does not. */
export function isDeterministic({ op, domain, bodies }: Node): boolean {
  return KNOWN_DOMAINS.has(domain) && !RANDOM.has(op) && bodies.size === 0
}
