import type { TensorDtype } from '../types.ts'

/** ggml_type by its number in files, with ggml's name. Types without a dtype are gone from ggml, or not known here. */
const TYPES: readonly (readonly [number: number, name: string, dtype?: TensorDtype])[] = [
  [0, 'F32', 'float32'],
  [1, 'F16', 'float16'],
  [2, 'Q4_0', 'q4_0'],
  [3, 'Q4_1', 'q4_1'],
  [4, 'Q4_2'],
  [5, 'Q4_3'],
  [6, 'Q5_0', 'q5_0'],
  [7, 'Q5_1', 'q5_1'],
  [8, 'Q8_0', 'q8_0'],
  [9, 'Q8_1', 'q8_1'],
  [10, 'Q2_K', 'q2_k'],
  [11, 'Q3_K', 'q3_k'],
  [12, 'Q4_K', 'q4_k'],
  [13, 'Q5_K', 'q5_k'],
  [14, 'Q6_K', 'q6_k'],
  [15, 'Q8_K', 'q8_k'],
  [16, 'IQ2_XXS', 'iq2_xxs'],
  [17, 'IQ2_XS', 'iq2_xs'],
  [18, 'IQ3_XXS', 'iq3_xxs'],
  [19, 'IQ1_S', 'iq1_s'],
  [20, 'IQ4_NL', 'iq4_nl'],
  [21, 'IQ3_S', 'iq3_s'],
  [22, 'IQ2_S', 'iq2_s'],
  [23, 'IQ4_XS', 'iq4_xs'],
  [24, 'I8', 'int8'],
  [25, 'I16', 'int16'],
  [26, 'I32', 'int32'],
  [27, 'I64', 'int64'],
  [28, 'F64', 'float64'],
  [29, 'IQ1_M', 'iq1_m'],
  [30, 'BF16', 'bfloat16'],
  [31, 'Q4_0_4_4'],
  [32, 'Q4_0_4_8'],
  [33, 'Q4_0_8_8'],
  [34, 'TQ1_0', 'tq1_0'],
  [35, 'TQ2_0', 'tq2_0'],
  [36, 'IQ4_NL_4_4'],
  [37, 'IQ4_NL_4_8'],
  [38, 'IQ4_NL_8_8'],
  [39, 'MXFP4', 'mxfp4'],
  [40, 'NVFP4', 'nvfp4'],
  [41, 'Q1_0', 'q1_0'],
]

export interface GgmlType {
  readonly number: number
  readonly name: string
  readonly dtype: TensorDtype
}

const ALL: readonly GgmlType[] = TYPES.map(([number, name, dtype = 'unknown']) => ({ number, name, dtype }))
const BY_NUMBER: ReadonlyMap<number, GgmlType> = new Map(ALL.map(type => [type.number, type]))
const BY_DTYPE: ReadonlyMap<TensorDtype, GgmlType> = new Map(
  ALL.filter(({ dtype }) => dtype !== 'unknown').map(type => [type.dtype, type]),
)

/** What a number means; `unknown`, named by its number, where a later ggml has added it. */
export function ggmlType(number: number): GgmlType {
  return BY_NUMBER.get(number) ?? { number, name: `type ${number}`, dtype: 'unknown' }
}

/** The type in a file of a type of ours; undefined where ggml has none (bool, uint8, float8 …). */
export function storedAs(dtype: TensorDtype): GgmlType | undefined {
  return BY_DTYPE.get(dtype)
}

/** llama_ftype: how a model was quantized as a whole, in llama.cpp's names. */
const FILE_TYPES: ReadonlyMap<number, string> = new Map([
  [0, 'F32'],
  [1, 'F16'],
  [2, 'Q4_0'],
  [3, 'Q4_1'],
  [7, 'Q8_0'],
  [8, 'Q5_0'],
  [9, 'Q5_1'],
  [10, 'Q2_K'],
  [11, 'Q3_K_S'],
  [12, 'Q3_K_M'],
  [13, 'Q3_K_L'],
  [14, 'Q4_K_S'],
  [15, 'Q4_K_M'],
  [16, 'Q5_K_S'],
  [17, 'Q5_K_M'],
  [18, 'Q6_K'],
  [19, 'IQ2_XXS'],
  [20, 'IQ2_XS'],
  [21, 'Q2_K_S'],
  [22, 'IQ3_XS'],
  [23, 'IQ3_XXS'],
  [24, 'IQ1_S'],
  [25, 'IQ4_NL'],
  [26, 'IQ3_S'],
  [27, 'IQ3_M'],
  [28, 'IQ2_S'],
  [29, 'IQ2_M'],
  [30, 'IQ4_XS'],
  [31, 'IQ1_M'],
  [32, 'BF16'],
  [36, 'TQ1_0'],
  [37, 'TQ2_0'],
  [38, 'MXFP4_MOE'],
  [39, 'NVFP4'],
  [40, 'Q1_0'],
])

export function fileTypeName(number: number): string | undefined {
  return FILE_TYPES.get(number)
}
