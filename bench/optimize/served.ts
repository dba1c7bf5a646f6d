/**
 * How fast variants of real models answer beside their originals: one thread, one input at a time, both models in
 * turns in one process, so that whatever else the machine does meets both. Memory is of processes that run one model
 * each. Then the variant that a search would choose (the fastest that is no slower) is measured once more.
 *
 *   node bench/optimize/served.ts [--budget MS=2000] [--tries int8,fp16 …] [--shape INPUT=1,3,48,320 …] MODEL[=DATA] …
 *
 * DATA is an .npz for int8-static, which is left out without. Shapes are of the inputs of any model whose sizes are free.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { footprintOf, withFootprints } from '../../src/cli/optimize/footprint/footprint.ts'
import { type Comparison, compareModels } from '../../src/cli/optimize/measure.ts'
import { speedOf } from '../../src/cli/optimize/search/search.ts'
import { table } from '../../src/cli/output/table.ts'
import { formatSize, messageOf } from '../../src/core/index.ts'
import { openExamples } from './variants/examples.ts'
import { PROGRAM, TRIES, variantOf } from './variants/make.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    budget: { type: 'string', default: '2000' },
    tries: { type: 'string', default: TRIES.join(',') },
    shape: { type: 'string', multiple: true, default: [] },
  },
})
const shapes = new Map(
  values.shape.map(given => {
    const [input = '', sizes = ''] = given.split('=')
    return [input, sizes.split(',').map(Number)] as const
  }),
)
const measure = { shapes, threads: 1, budget: Number(values.budget), processes: 3 }

for (const given of positionals) {
  const [model = '', data] = given.split('=')
  const folder = await mkdtemp(join(tmpdir(), 'ballast-bench-served-'))
  const examples = data === undefined ? undefined : await openExamples(data)
  try {
    const rows: string[][] = []
    const own = await footprintOf(model, measure, { program: PROGRAM })
    let chosen: { readonly name: string; readonly path: string; readonly speed: number } | undefined
    for (const name of values.tries.split(',').filter(name => examples || name !== 'int8-static')) {
      try {
        const path = await variantOf(model, name, folder, examples)
        const comparison = await compareModels({ original: model, variant: path }, measure)
        rows.push([
          name,
          ...told(withFootprints(comparison, own, await footprintOf(path, measure, { program: PROGRAM }))),
        ])
        const speed = speedOf(comparison)
        if (speed <= (chosen?.speed ?? 1)) chosen = { name, path, speed }
      } catch (cause) {
        rows.push([name, messageOf(cause).slice(0, 60)])
      }
    }
    console.log(model)
    console.log(
      table(
        [
          'VARIANT',
          'SIZE',
          'OF IT',
          'MEMORY',
          'OF IT',
          'PEAK',
          'OF IT',
          'P50',
          'SPEED',
          'SPEED P99',
          'MOVED',
        ],
        rows,
      ),
    )
    if (chosen) {
      const again = await compareModels({ original: model, variant: chosen.path }, measure)
      console.log(`chosen: ${chosen.name}; measured again ${(1 / speedOf(again)).toFixed(2)} times as fast\n`)
    } else console.log('chosen: the original, for none is as fast\n')
  } finally {
    await examples?.close()
    await rm(folder, { recursive: true })
  }
}

function told({ original, variant, drift }: Comparison): string[] {
  const moved = Math.max(0, ...drift.map(({ relative }) => relative))
  return [
    formatSize(variant.bytes),
    `${(variant.bytes / original.bytes).toFixed(2)} ×`,
    ...taken(original.memory?.steady, variant.memory?.steady),
    ...taken(original.memory?.peak, variant.memory?.peak),
    `${variant.latencyP50.toFixed(2)} ms`,
    `${(original.latencyP50 / variant.latencyP50).toFixed(2)} ×`,
    `${(original.latencyP99 / variant.latencyP99).toFixed(2)} ×`,
    `${(100 * moved).toFixed(1)} %`,
  ]
}

function taken(original: number | undefined, variant: number | undefined): readonly [string, string] {
  if (original === undefined || variant === undefined) return ['–', '–']
  return [formatSize(variant), `${(variant / original).toFixed(2)} ×`]
}
