import type { Tensor } from '../../../core/index.ts'
import {
  compilePreprocess,
  describeInput,
  fitInput,
  loadOnnx,
  type ModelConfig,
  type ModelSession,
  toPrediction,
} from '../../../model/index.ts'
import { OptimizeError } from '../../../optimize/index.ts'

export interface Compared {
  readonly picture: string
  /** Of the model's own outputs: the largest difference over the largest magnitude. */
  readonly relative: number
  /** Whether the best class is the same; of classifiers of one class. */
  readonly sameClass?: boolean
}

/** Width and height: landscape, portrait, a square, and smaller than most models take. */
const PICTURES = [
  [640, 427],
  [301, 400],
  [256, 256],
  [47, 31],
] as const

/** A resize is within one of 255 of what the interpreter makes; answers that move further show a mistake. */
const MAX_RELATIVE = 0.05

export interface Both {
  readonly path: string
  readonly out: string
  readonly config: ModelConfig
  readonly input: string | undefined
  readonly outputs: readonly string[]
}

/** The steps inside beside the model with its steps apart. Throws OPTIMIZE_UNSUPPORTED where answers move. */
export async function compareSteps({
  path,
  out,
  config,
  input,
  outputs,
}: Both): Promise<readonly Compared[]> {
  const apart = await loadOnnx(path)
  try {
    const inside = await loadOnnx(out)
    try {
      const spec = inside.signature.inputs.find(({ name }) => name === input)
      // Without steps there is nothing that could be done otherwise before the graph, and with other inputs no example.
      if (spec?.shape.length !== 4 || inside.signature.inputs.length > 1) return []
      const found: Compared[] = []
      for (const [width, height] of PICTURES) {
        const picture = aPicture(width, height, Number(spec.shape[3]))
        const each = await one(apart, inside, picture, spec.name, config, outputs)
        found.push({ picture: `${width} × ${height}`, ...each })
      }
      return found
    } finally {
      await inside.close()
    }
  } finally {
    await apart.close()
  }
}

async function one(
  apart: ModelSession,
  inside: ModelSession,
  picture: Tensor,
  name: string,
  config: ModelConfig,
  added: readonly string[],
): Promise<Omit<Compared, 'picture'>> {
  const { input, output } = describeInput(apart.signature, config)
  const tensor = fitInput(input, compilePreprocess(config.preprocess).fromArray(picture))
  const expected = await apart.run({ [input.name]: tensor })
  const found = await inside.run({ [name]: { ...picture, shape: [1, ...picture.shape] } })
  let [largest, magnitude] = [0, 0]
  for (const [output, { data }] of Object.entries(expected)) {
    const other = found[output]!.data
    for (let i = 0; i < data.length && typeof data[i] === 'number'; i++) {
      largest = Math.max(largest, Math.abs(Number(data[i]) - Number(other[i])))
      magnitude = Math.max(magnitude, Math.abs(Number(data[i])))
    }
  }
  const relative = magnitude > 0 ? largest / magnitude : largest
  if (!(relative <= MAX_RELATIVE))
    throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
      message: `With the steps inside the answers move by ${(relative * 100).toFixed(1)} %, and ${MAX_RELATIVE * 100} % is the most`,
      hint: 'Keep the steps beside the model, and tell us of it: this is a mistake of ours.',
    })
  const told = toPrediction(expected[output.name]!, config)
  const chosen = added.includes('class') ? found['class'] : undefined
  if (told.kind !== 'class' || !chosen) return { relative }
  return { relative, sameClass: Number(chosen.data[0]) === told.index }
}

/** A gradient with waves and grain: smooth parts and edges, the same each time. */
function aPicture(width: number, height: number, channels: number): Tensor {
  const data = new Uint8Array(width * height * channels)
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [Math.floor(i / channels) % width, Math.floor(i / channels / width)]
    const wave = 60 * Math.sin((x * (1 + (i % channels))) / 19) * Math.cos(y / 23)
    const grain = (Math.imul(i + 1, 2_654_435_761) >>> 27) - 16
    data[i] = Math.max(0, Math.min(255, 127 + (90 * (x - y)) / (width + height) + wave + grain))
  }
  return { dtype: 'uint8', shape: [height, width, channels], data }
}
