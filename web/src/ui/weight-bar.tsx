import { useI18n } from '../i18n/index.tsx'
import { ARM_FILL, type Arm } from './tone.ts'

interface Part {
  readonly arm: Arm
  readonly weight: number
}

/** Parts of the traffic side by side; the words are beside it or in its label. */
export function WeightBar({
  parts,
  tall = false,
}: {
  readonly parts: readonly Part[]
  readonly tall?: boolean
}) {
  const { t, format } = useI18n()
  const label = parts.map(({ arm, weight }) => `${t(`arm.${arm}`)} ${format.percent(weight)}`).join(', ')
  return (
    <div
      role="img"
      aria-label={label}
      title={label}
      className={`flex w-full gap-px overflow-hidden rounded bg-quiet-bg ${tall ? 'h-3' : 'h-1.5'}`}
    >
      {parts.map(({ arm, weight }) => (
        <div
          key={arm}
          className={`${ARM_FILL[arm]} transition-[width] duration-500`}
          style={{ width: `${weight * 100}%` }}
        />
      ))}
    </div>
  )
}
