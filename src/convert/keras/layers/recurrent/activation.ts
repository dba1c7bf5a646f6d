import type { Activation } from '../../../recurrent/index.ts'
import { Refusal } from '../../../refusals.ts'
import { ACTIVATIONS, activate, activationName } from '../../activations.ts'
import type { Generation, Layer } from '../../layer.ts'

type Native = NonNullable<Activation['native']>

/** Keras' functions that ONNX's recurrent operators compute alike. */
const NATIVE: ReadonlyMap<string, Native> = new Map([
  ['linear', { name: 'Affine', alpha: 1, beta: 0 }],
  ['tanh', { name: 'Tanh' }],
  ['sigmoid', { name: 'Sigmoid' }],
  ['relu', { name: 'Relu' }],
  ['softsign', { name: 'Softsign' }],
  ['elu', { name: 'Elu', alpha: 1 }],
])

/** Keras 3 has relu6(x + 3) / 6, as PyTorch; those before it 0.2 · x + 0.5. */
const HARD_SIGMOID: Readonly<Record<Generation, Native>> = {
  1: { name: 'HardSigmoid', alpha: 0.2, beta: 0.5 },
  2: { name: 'HardSigmoid', alpha: 0.2, beta: 0.5 },
  3: { name: 'HardSigmoid', alpha: 1 / 6, beta: 0.5 },
}

/** The function that a cell's config names; null stands for none. Throws Refusal for one that is not Keras' own. */
export function cellActivation({ config }: Layer, key: string, generation: Generation): Activation {
  const json = config.get(key)
  const name = activationName(json) ?? 'linear'
  if (!Object.hasOwn(ACTIVATIONS, name))
    throw new Refusal(
      `'${key}' is ${name.slice(0, 60)}`,
      "Use one of Keras' own functions as the activation of a recurrent layer.",
    )
  const native = name === 'hard_sigmoid' ? HARD_SIGMOID[generation] : NATIVE.get(name)
  return { ...(native && { native }), apply: (b, x) => activate(b, x, json, generation) }
}
