import type { ArmQuality, PairQuality, Quality } from '../../../src/api/agents/quality.ts'

/** What labels say of one version, over all steps and arms; as a mirror it is counted apart. */
export interface VersionQuality {
  /** Its id. */
  readonly version: string
  readonly isShadow: boolean
  readonly labelled: number
  readonly right: number
  readonly wrong: number
  /** Means; undefined where nobody told any. */
  readonly score: number | undefined
  readonly reward: number | undefined
  readonly rewards: number
}

/** By version, those with the most labels first. */
export function qualityByVersion({ arms }: Pick<Quality, 'arms'>): readonly VersionQuality[] {
  const groups = Map.groupBy(arms, arm => `${arm.version} ${arm.arm === 'shadow'}`)
  return [...groups.values()].map(summed).sort((a, b) => b.labelled - a.labelled)
}

function summed(arms: readonly ArmQuality[]): VersionQuality {
  const [first] = arms
  const sum = (of: (arm: ArmQuality) => number) => arms.reduce((total, arm) => total + of(arm), 0)
  const mean = (of: (arm: ArmQuality) => ArmQuality['scores']) => {
    const count = sum(arm => of(arm).count)
    return count > 0 ? sum(arm => of(arm).sum) / count : undefined
  }
  return {
    version: first?.version ?? '',
    isShadow: first?.arm === 'shadow',
    labelled: sum(arm => arm.labelled),
    right: sum(arm => arm.correct),
    wrong: sum(arm => arm.wrong),
    score: mean(arm => arm.scores),
    reward: mean(arm => arm.rewards),
    rewards: sum(arm => arm.rewards.count),
  }
}

export interface VersionPair {
  readonly primary: string
  readonly shadow: string
  readonly both: number
  readonly onlyPrimary: number
  readonly onlyShadow: number
  readonly neither: number
}

/** Examples that two versions both answered, over all steps. */
export function pairsByVersions({ pairs }: Pick<Quality, 'pairs'>): readonly VersionPair[] {
  const groups = Map.groupBy(pairs, pair => `${pair.primary} ${pair.shadow}`)
  return [...groups.values()].map(group => {
    const sum = (of: (pair: PairQuality) => number) => group.reduce((total, pair) => total + of(pair), 0)
    return {
      primary: group[0]?.primary ?? '',
      shadow: group[0]?.shadow ?? '',
      both: sum(pair => pair.both),
      onlyPrimary: sum(pair => pair.onlyPrimary),
      onlyShadow: sum(pair => pair.onlyShadow),
      neither: sum(pair => pair.neither),
    }
  })
}
