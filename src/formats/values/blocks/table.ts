import type { BlockDtype } from '../../types.ts'
import type { DecodeBlock } from './block.ts'
import { iq1_m, iq1_s, iq2_s, iq2_xs, iq2_xxs, iq3_s, iq3_xxs } from './iq.ts'
import { iq4_nl, iq4_xs } from './iq4.ts'
import { q2_k, q3_k, q4_k, q5_k, q6_k } from './k.ts'
import { mxfp4, nvfp4 } from './microscaling.ts'
import { q1_0, q4_0, q4_1, q5_0, q5_1, q8_0, q8_1, q8_k } from './simple.ts'
import { tq1_0, tq2_0 } from './ternary.ts'

/** ggml's dequantization (ggml-quants.c, and quants.py of its Python package, with which the tests compare). */
export const BLOCK_DECODERS: Readonly<Record<BlockDtype, DecodeBlock>> = {
  q1_0,
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q8_0,
  q8_1,
  q2_k,
  q3_k,
  q4_k,
  q5_k,
  q6_k,
  q8_k,
  iq1_s,
  iq1_m,
  iq2_xxs,
  iq2_xs,
  iq2_s,
  iq3_xxs,
  iq3_s,
  iq4_nl,
  iq4_xs,
  tq1_0,
  tq2_0,
  mxfp4,
  nvfp4,
}
