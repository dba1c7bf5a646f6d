const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/** Layers, models, losses, metrics, optimisers, initialisers … of Keras 3.15.1 and tf_keras 2.21.0 that run no foreign code. */
export const KNOWN_CLASSES: ReadonlySet<string> = words(`
  AUC AWQConfig AWQDTypePolicy AbsMaxQuantizer AbstractRNNCell Accuracy Activation
  ActivityRegularization Adadelta Adafactor Adagrad Adam AdamW Adamax AdaptiveAveragePooling1D
  AdaptiveAveragePooling2D AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D
  AdaptiveMaxPooling3D Add AdditiveAttention AlphaDropout AtrousConvolution2D Attention AugMix
  AutoContrast Average AveragePooling1D AveragePooling2D AveragePooling3D AvgPool1D AvgPool2D AvgPool3D
  BaseAdaptiveAveragePooling BaseAdaptiveMaxPooling BaseAdaptivePooling BaseConv BaseConvTranspose
  BaseDepthwiseConv BaseGlobalPooling BaseImagePreprocessingLayer BaseLossScaleOptimizer BasePooling
  BaseSeparableConv BaseSpatialDropout BatchNormalization Bidirectional BinaryAccuracy
  BinaryCrossentropy BinaryFocalCrossentropy BinaryIoU CTC CategoricalAccuracy CategoricalCrossentropy
  CategoricalFocalCrossentropy CategoricalGeneralizedCrossEntropy CategoricalHinge CategoryEncoding
  CenterCrop Circle CompileMetrics Concatenate ConcordanceCorrelation Constant Constraint
  ContrastLimitedAdaptiveHistogramEqualization Conv1D Conv1DTranspose Conv2D Conv2DTranspose Conv3D
  Conv3DTranspose ConvLSTM ConvLSTM1D ConvLSTM2D ConvLSTM3D ConvLSTMCell Convolution1D
  Convolution1DTranspose Convolution2D Convolution2DTranspose Convolution3D Convolution3DTranspose
  CosineDecay CosineDecayRestarts CosineSimilarity Cropping1D Cropping2D Cropping3D CuDNNGRU CuDNNLSTM CustomScaleLayer
  CutMix DTypePolicy DTypePolicyMap Dense DenseFeatures DepthwiseConv1D DepthwiseConv2D Dice
  Discretization Dot Dropout DynamicLossScale ELU EinsumDense Embedding Equalization ExponentialDecay
  F1Score FBetaScore FalseNegatives FalsePositives FeatureSpace Flatten Float8QuantizationConfig
  FloatDTypePolicy Ftrl Functional GPTQConfig GPTQDTypePolicy GRU GRUCell GaussianDropout GaussianNoise
  GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalAvgPool1D GlobalAvgPool2D
  GlobalAvgPool3D GlobalMaxPool1D GlobalMaxPool2D GlobalMaxPool3D GlobalMaxPooling1D GlobalMaxPooling2D
  GlobalMaxPooling3D GlorotNormal GlorotUniform GroupNormalization GroupQueryAttention
  GroupedQueryAttention HashedCrossing Hashing HeNormal HeUniform Highway Hinge Huber Identity
  IdentityInitializer IndexLookup Initializer InputLayer Int4DTypePolicy Int4QuantizationConfig
  Int8QuantizationConfig IntegerLookup InverseTimeDecay IoU KLDivergence L1 L1L2 L2 LSTM LSTMCell Lamb
  Layer LayerNormalization LayerScale LeakyReLU LearningRateSchedule LecunNormal LecunUniform
  LinearModel Lion LocallyConnected1D LocallyConnected2D LogCosh LogCoshError Loss LossFunctionWrapper
  LossScaleOptimizer LossScaleOptimizerV3 Masking MaxNorm MaxNumBoundingBoxes MaxPool1D MaxPool2D
  MaxPool3D MaxPooling1D MaxPooling2D MaxPooling3D Maximum MaxoutDense Mean MeanAbsoluteError
  MeanAbsolutePercentageError MeanIoU MeanMetricWrapper MeanRelativeError MeanSquaredError
  MeanSquaredLogarithmicError MeanTensor MelSpectrogram Merge Metric MetricsList MinMaxNorm Minimum
  MixUp Model MultiHeadAttention MultiOptimizer Multiply Muon Nadam NonNeg Normalization OneHotIoU
  OneHotMeanIoU Ones Optimizer OptimizerMap OptimizerV2 Orthogonal OrthogonalInitializer
  OrthogonalRegularizer PReLU PearsonCorrelation Permute PiecewiseConstantDecay Pipeline Poisson Policy
  PolicyV1 PolynomialDecay Precision PrecisionAtRecall PreprocessingLayer QuantizationConfig
  QuantizedDTypePolicy QuantizedFloat8DTypePolicy Quantizer R2Score RMSNormalization RMSprop RNN
  RadialConstraint RandAugment RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast
  RandomCrop RandomElasticTransform RandomErasing RandomFlip RandomFourierFeatures RandomGaussianBlur
  RandomGrayscale RandomHeight RandomHue RandomInvert RandomNormal RandomPerspective RandomPosterization
  RandomRotation RandomSaturation RandomSharpness RandomShear RandomTranslation RandomUniform
  RandomWidth RandomZoom ReLU Recall RecallAtPrecision Reduction ReductionV2 Regularizer RepeatVector
  Rescaling Reshape Resizing ReversibleEmbedding RootMeanSquaredError SGD STFT STFTInitializer
  STFTSpectrogram ScheduleFreeAdamW SeedGenerator SensitivityAtSpecificity SensitivitySpecificityBase
  SeparableConv1D SeparableConv2D SeparableConvolution1D SeparableConvolution2D SequenceFeatures
  Sequential SimpleRNN SimpleRNNCell Softmax Solarization SparseCategoricalAccuracy
  SparseCategoricalCrossentropy SparseTopKCategoricalAccuracy SpatialDropout1D SpatialDropout2D
  SpatialDropout3D SpecificityAtSensitivity SpectralNormalization SquaredHinge StackedRNNCells
  StochasticDepth StringLookup Subtract Sum SumOverBatchSizeMetricWrapper SyncBatchNormalization
  TFDConcat TFDIdentity TextVectorization ThresholdedReLU TimeDistributed TopKCategoricalAccuracy
  TrueNegatives TruePositives TruncatedNormal Tversky UnitNorm UnitNormalization UpSampling1D
  UpSampling2D UpSampling3D VarianceScaling WideDeepModel Wrapper ZeroPadding1D ZeroPadding2D
  ZeroPadding3D Zeros constant glorot_normal glorot_uniform he_normal he_uniform identity l1 l1_l2 l2
  lecun_normal lecun_uniform max_norm min_max_norm non_neg ones orthogonal orthogonal_regularizer
  radial_constraint random_normal random_uniform stft truncated_normal unit_norm variance_scaling zeros
`)

/** Operations that stand in a Keras 3 graph as layers: those that take no function. */
export const KNOWN_OPERATIONS: ReadonlySet<string> = words(`
  Abs Absolute AdaptiveAveragePool AdaptiveMaxPool AffineTransform All AllClose Amax Amin Angle Any
  Append Arange Arccos Arccosh Arcsin Arcsinh Arctan Arctan2 Arctanh Argmax Argmin Argpartition Argsort
  Array ArraySplit AveragePool BatchNorm Bincount BitwiseAnd BitwiseInvert BitwiseLeftShift BitwiseNot
  BitwiseOr BitwiseRightShift BitwiseXor BroadcastTo CDist CTCDecode CTCLoss Cast Cbrt Ceil Celu
  Cholesky CholeskyInverse Clip Conj Conjugate Conv ConvTranspose ConvertToTensor Copy Corrcoef
  Correlate Cos Cosh CountNonzero CropImages Cross Cumprod Cumsum Deg2rad DepthToSpace DepthwiseConv Det
  Diag Diagflat Diagonal Diff Digitize Divide DivideNoNan DotProductAttention Dsplit Dstack Eig Eigh
  Einsum ElasticTransform Elu EmptyLike Equal Erf Erfc Erfinv Exp Exp2 ExpandDims Expm1 ExtractPatches
  ExtractSequences FFT FFT2 Fabs Flip Fliplr Flipud Floor FloorDivide Fmax Fmin Fmod Fold Full FullLike
  GaussianBlur Gcd Gelu Geomspace GetItem Glu Greater GreaterEqual HSVToRGB HardShrink HardSigmoid
  HardSilu HardTanh Heaviside Histogram Hsplit Hstack Hypot I0 IFFT2 IRFFT ISTFT Imag InTopK Inner Inv
  IsIn Isclose Isfinite Isinf Isnan Isneginf Isposinf Isreal Kron LayerNorm Lcm Ldexp LeakyRelu
  LeftShift Less LessEqual Linspace Log Log10 Log1p Log2 LogSigmoid LogSoftmax Logaddexp Logaddexp2
  Logdet LogicalAnd LogicalNot LogicalOr LogicalXor Logspace Logsumexp Lstsq LuFactor MapCoordinates
  Matmul MatrixRank Max MaxPool Median Meshgrid Min Mod Moments Moveaxis MultiHot NanToNum Nanargmax
  Nanargmin Nancumprod Nancumsum Nanmax Nanmean Nanmedian Nanmin Nanpercentile Nanprod Nanquantile
  Nanstd Nansum Nanvar Ndim Negative Nextafter Nonzero Norm Normalize NotEqual OneHot OnesLike Outer
  PSNR Pad PadImages Percentile PerspectiveTransform Pinv Polar Power Prod Ptp Qr Quantile RFFT
  RGBToGrayscale RGBToHSV RMSNorm Rad2deg Ravel Real Rearrange Reciprocal Relu Relu6 Repeat Resize
  RightShift Roll Rot90 Round Rsqrt SSIM SVD SaturateCast ScaleAndTranslate Scatter ScatterUpdate
  SearchSorted SegmentMax SegmentMin SegmentProd SegmentReduction SegmentSum Select Selu SeparableConv
  Sigmoid Sign Signbit Silu Sin Sinc Sinh Size Slice SliceUpdate Slogdet SobelEdges SoftShrink Softplus
  Softsign Solve SolveTriangular Sort SpaceToDepth SparsePlus SparseSigmoid Sparsemax Split Sqrt Square
  Squareplus Squeeze Stack Std StopGradient Swapaxes Take TakeAlongAxis Tan Tanh TanhShrink Tensordot
  Threshold Tile TopK Trace Transpose Trapezoid Tril Triu TrueDivide Trunc Unfold Unique UnravelIndex
  Unstack Vander Var Vdot View ViewAsComplex ViewAsReal Vsplit Vstack Where ZerosLike
`)

/** Activations, losses and metrics that a config names as functions. */
export const KNOWN_FUNCTIONS: ReadonlySet<string> = words(`
  KLD MAE MAPE MSE MSLE acc accuracy auc bce binary_accuracy binary_crossentropy
  binary_focal_crossentropy binary_io_u categorical_accuracy categorical_crossentropy
  categorical_focal_crossentropy categorical_generalized_cross_entropy categorical_hinge ce celu circle
  concordance_correlation cosine cosine_proximity cosine_similarity cross_entropy crossentropy ctc dice
  elu exponential f1_score f_beta_score false_negatives false_positives gelu glu hard_shrink
  hard_sigmoid hard_silu hard_swish hard_tanh hinge huber io_u kl_divergence kld
  kullback_leibler_divergence leaky_relu linear log_cosh log_cosh_error log_sigmoid log_softmax logcosh
  mae mape mean mean_absolute_error mean_absolute_percentage_error mean_io_u mean_metric_wrapper
  mean_squared_error mean_squared_logarithmic_error metric mish mse msle one_hot_io_u one_hot_mean_io_u
  pearson_correlation poisson precision precision_at_recall r2_score recall recall_at_precision relu
  relu6 root_mean_squared_error selu sensitivity_at_specificity sigmoid silu soft_shrink softmax
  softplus softsign sparse_categorical_accuracy sparse_categorical_crossentropy sparse_plus
  sparse_sigmoid sparse_top_k_categorical_accuracy sparsemax specificity_at_sensitivity squared_hinge
  squareplus sum swish tanh tanh_shrink threshold top_k_categorical_accuracy true_negatives
  true_positives tversky
`)
