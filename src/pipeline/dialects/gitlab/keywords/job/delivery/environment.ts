import { periodOrVariable } from '../../reader/durations.ts'
import { byKind, placed, type Reader, refine } from '../../reader/reader.ts'
import { choice, text } from '../../reader/scalars.ts'
import { optional, required, type StructOf, struct } from '../../reader/struct.ts'
import { anything, KUBERNETES } from '../elsewhere.ts'

const environmentName = text({
  expected: 'the name of an environment (letters, digits, spaces and - _ / $ { } . , ( ))',
  // What a variable puts there is known when the pipeline is made.
  pattern: /^[\p{L}\p{N} _/\\${}.,()+:@#~-]+$/u,
  maxLength: 255,
})

const fields = {
  name: required(environmentName),
  url: optional(text({ expected: 'an address' })),
  on_stop: optional(placed(text({ expected: 'the name of a job', maxLength: 255 }))),
  action: optional(choice(['start', 'prepare', 'stop', 'verify', 'access'])),
  auto_stop_in: optional(placed(periodOrVariable)),
  deployment_tier: optional(text({ expected: 'production, staging, testing, development or other' })),
  kubernetes: optional(anything, { warning: KUBERNETES }),
}

export type WrittenEnvironment = Partial<StructOf<typeof fields>> & { readonly name: string }

export const environment: Reader<WrittenEnvironment> = byKind({
  scalar: refine(environmentName, (name): WrittenEnvironment => ({ name })),
  map: struct({ what: 'environment', fields }) as Reader<WrittenEnvironment>,
})
