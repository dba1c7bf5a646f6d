import type { WrittenConfig } from '../keywords/read.ts'

const DEFAULT_STAGES = ['build', 'test', 'deploy']
const DEFAULT_STAGE = 'test'
const FIRST = '.pre'
const LAST = '.post'

/** In their order: `.pre` and `.post` stand at the ends, wherever they are written. */
export function stagesOf({ globals }: WrittenConfig): readonly string[] {
  const written = globals.stages?.length ? globals.stages : DEFAULT_STAGES
  return [FIRST, ...new Set(written.filter(stage => !isEdge(stage))), LAST]
}

export function stageOf({ keys }: WrittenConfig['jobs'][number]): string {
  return keys.stage?.value ?? DEFAULT_STAGE
}

/** Jobs of these stages alone make no pipeline. */
export function isEdge(stage: string): boolean {
  return stage === FIRST || stage === LAST
}
