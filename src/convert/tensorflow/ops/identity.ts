import type { Convert, OpTable } from '../op.ts'
import { input } from './emit.ts'

/** Ops that give their first input: what they do besides matters to training, debugging or devices only. */
const pass: Convert = call => input(call, 0)

/** Of lists: each input is an output. */
const passAll: Convert = call => call.inputs

export const identityOps: OpTable = {
  Identity: { convert: pass },
  Snapshot: { convert: pass },
  StopGradient: { convert: pass },
  PreventGradient: { convert: pass },
  CheckNumerics: { convert: pass },
  CheckNumericsV2: { convert: pass },
  DebugGradientIdentity: { convert: pass },
  EnsureShape: { convert: pass },
  PlaceholderWithDefault: { convert: pass },
  GuaranteeConst: { convert: pass },
  Copy: { convert: pass },
  CopyHost: { convert: pass },
  OptimizationBarrier: { convert: passAll },
  IdentityN: { convert: passAll },
}
