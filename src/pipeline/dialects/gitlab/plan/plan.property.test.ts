import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compile } from './test-compile.ts'

const STAGES = ['build', 'test', 'deploy']

/** Jobs `j0`, `j1` … in some stage, of which each may need any other, and may be several. */
const jobs = fc.array(
  fc.record({
    stage: fc.constantFrom(...STAGES),
    needs: fc.option(fc.uniqueArray(fc.nat({ max: 7 }), { maxLength: 3 }), { nil: undefined }),
    parallel: fc.constantFrom(undefined, 2, 3),
  }),
  { minLength: 1, maxLength: 8 },
)

test('in a plan every job stands behind what it waits for, and knows every job that it needs', async () => {
  await fc.assert(
    fc.asyncProperty(jobs, async written => {
      const lines = written.map(({ stage, needs, parallel }, index) => {
        const named = needs && `, needs: [${needs.map(need => `j${need % written.length}`).join()}]`
        const many = parallel && `, parallel: ${parallel}`
        return `j${index}: { script: x, stage: ${stage}${named ?? ''}${many ?? ''} }`
      })
      const result = await compile(lines.join('\n'))
      if (result.kind === 'problems') {
        const codes = new Set(result.diagnostics.map(({ code }) => code))
        expect(['NEED_CYCLE', 'NEED_LATER_STAGE', 'NEED_DUPLICATE']).toEqual(
          expect.arrayContaining([...codes]),
        )
        return
      }
      if (result.kind === 'nothing') throw new Error(result.reason)
      const place = new Map(result.plan.jobs.map(({ name }, index) => [name, index]))
      const made = written.reduce((sum, { parallel }) => sum + (parallel ?? 1), 0)
      expect(place.size).toBe(made)
      for (const [index, job] of result.plan.jobs.entries()) {
        for (const need of job.needs) expect(place.get(need)).toBeLessThan(index)
        const later = result.plan.jobs.slice(index + 1)
        const rank = STAGES.indexOf(job.stage!)
        if (job.order === 'stages') {
          expect(later.every(({ stage }) => STAGES.indexOf(stage!) >= rank)).toBe(true)
        }
      }
    }),
  )
})
