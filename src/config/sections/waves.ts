import { mismatch } from '../../pipeline/index.ts'
import { list } from '../reader/composites.ts'
import { byKind, type Reader, refine } from '../reader/reader.ts'
import { text } from '../reader/scalars.ts'

/** More than there are places where one looks at each alone. */
const MAX_WAVES = 10
const MAX_REGIONS = 20

const region = text({
  expected: 'the region of gateways, such as eu',
  pattern: /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/,
  maxLength: 40,
})

const wave: Reader<readonly string[]> = byKind({
  scalar: refine(region, (name): readonly string[] => [name]),
  list: list(region, { min: 1, max: MAX_REGIONS }),
})

/** Regions one after the other, or several at once; each in one wave. */
export const waveList: Reader<readonly (readonly string[])[]> = refine(
  list(wave, { min: 2, max: MAX_WAVES }),
  (waves, node, place) => {
    const seen = new Set<string>()
    const nodes = node.kind === 'list' ? node.items : []
    for (const [i, regions] of waves.entries())
      for (const name of regions) {
        if (seen.has(name))
          return mismatch(
            nodes[i] ?? node,
            { ...place, trail: `${place.trail}[${i + 1}]` },
            `each region in one wave ('${name}' is in two)`,
          )
        seen.add(name)
      }
    return waves
  },
)
