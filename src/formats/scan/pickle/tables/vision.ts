/** Layers, models and transformations of torchvision 0.29, and quantized layers of torch.ao, by module. Made by test/fixtures/scan/tables.py. */
export const VISION_CLASSES: Readonly<Record<string, string>> = {
  'torchvision.models._utils': 'IntermediateLayerGetter _ModelURLs',
  'torchvision.models.alexnet': 'AlexNet',
  'torchvision.models.convnext': 'CNBlock CNBlockConfig ConvNeXt LayerNorm2d',
  'torchvision.models.densenet': 'DenseNet _DenseBlock _DenseLayer _Transition',
  'torchvision.models.detection._utils':
    'BalancedPositiveNegativeSampler BoxCoder BoxLinearCoder Matcher SSDMatcher',
  'torchvision.models.detection.anchor_utils': 'AnchorGenerator DefaultBoxGenerator',
  'torchvision.models.detection.backbone_utils': 'BackboneWithFPN',
  'torchvision.models.detection.faster_rcnn': 'FastRCNNConvFCHead FastRCNNPredictor FasterRCNN TwoMLPHead',
  'torchvision.models.detection.fcos': 'FCOS FCOSClassificationHead FCOSHead FCOSRegressionHead',
  'torchvision.models.detection.generalized_rcnn': 'GeneralizedRCNN',
  'torchvision.models.detection.image_list': 'ImageList',
  'torchvision.models.detection.keypoint_rcnn': 'KeypointRCNN KeypointRCNNHeads KeypointRCNNPredictor',
  'torchvision.models.detection.mask_rcnn': 'MaskRCNN MaskRCNNHeads MaskRCNNPredictor',
  'torchvision.models.detection.retinanet':
    'RetinaNet RetinaNetClassificationHead RetinaNetHead RetinaNetRegressionHead',
  'torchvision.models.detection.roi_heads': 'RoIHeads',
  'torchvision.models.detection.rpn': 'RPNHead RegionProposalNetwork',
  'torchvision.models.detection.ssd':
    'SSD SSDClassificationHead SSDFeatureExtractorVGG SSDHead SSDRegressionHead SSDScoringHead',
  'torchvision.models.detection.ssdlite':
    'SSDLiteClassificationHead SSDLiteFeatureExtractorMobileNet SSDLiteHead SSDLiteRegressionHead',
  'torchvision.models.detection.transform': 'GeneralizedRCNNTransform',
  'torchvision.models.efficientnet':
    'EfficientNet FusedMBConv FusedMBConvConfig MBConv MBConvConfig _MBConvConfig',
  'torchvision.models.googlenet': 'BasicConv2d GoogLeNet Inception InceptionAux',
  'torchvision.models.inception':
    'BasicConv2d Inception3 InceptionA InceptionAux InceptionB InceptionC InceptionD InceptionE',
  'torchvision.models.maxvit':
    'MBConv MaxVit MaxVitBlock MaxVitLayer PartitionAttentionLayer RelativePositionalMultiHeadAttention SwapAxes WindowDepartition WindowPartition',
  'torchvision.models.mnasnet': 'MNASNet _InvertedResidual',
  'torchvision.models.mobilenetv2': 'InvertedResidual MobileNetV2',
  'torchvision.models.mobilenetv3': 'InvertedResidual InvertedResidualConfig MobileNetV3',
  'torchvision.models.optical_flow.raft':
    'BottleneckBlock ConvGRU CorrBlock FeatureEncoder FlowHead MaskPredictor MotionEncoder RAFT RecurrentBlock ResidualBlock UpdateBlock',
  'torchvision.models.quantization.googlenet':
    'QuantizableBasicConv2d QuantizableGoogLeNet QuantizableInception QuantizableInceptionAux',
  'torchvision.models.quantization.inception':
    'QuantizableBasicConv2d QuantizableInception3 QuantizableInceptionA QuantizableInceptionAux QuantizableInceptionB QuantizableInceptionC QuantizableInceptionD QuantizableInceptionE',
  'torchvision.models.quantization.mobilenetv2': 'QuantizableInvertedResidual QuantizableMobileNetV2',
  'torchvision.models.quantization.mobilenetv3':
    'QuantizableInvertedResidual QuantizableMobileNetV3 QuantizableSqueezeExcitation',
  'torchvision.models.quantization.resnet': 'QuantizableBasicBlock QuantizableBottleneck QuantizableResNet',
  'torchvision.models.quantization.shufflenetv2': 'QuantizableInvertedResidual QuantizableShuffleNetV2',
  'torchvision.models.regnet':
    'AnyStage BlockParams BottleneckTransform RegNet ResBottleneckBlock SimpleStemIN',
  'torchvision.models.resnet': 'BasicBlock Bottleneck ResNet',
  'torchvision.models.segmentation._utils': '_SimpleSegmentationModel',
  'torchvision.models.segmentation.deeplabv3': 'ASPP ASPPConv ASPPPooling DeepLabHead DeepLabV3',
  'torchvision.models.segmentation.fcn': 'FCN FCNHead',
  'torchvision.models.segmentation.lraspp': 'LRASPP LRASPPHead',
  'torchvision.models.shufflenetv2': 'InvertedResidual ShuffleNetV2',
  'torchvision.models.squeezenet': 'Fire SqueezeNet',
  'torchvision.models.swin_transformer':
    'PatchMerging PatchMergingV2 ShiftedWindowAttention ShiftedWindowAttentionV2 SwinTransformer SwinTransformerBlock SwinTransformerBlockV2',
  'torchvision.models.vgg': 'VGG',
  'torchvision.models.video.mvit':
    'MSBlockConfig MViT MultiscaleAttention MultiscaleBlock Pool PositionalEncoding',
  'torchvision.models.video.resnet':
    'BasicBlock BasicStem Bottleneck Conv2Plus1D Conv3DNoTemporal Conv3DSimple R2Plus1dStem VideoResNet',
  'torchvision.models.video.s3d': 'S3D SepInceptionBlock3D TemporalSeparableConv',
  'torchvision.models.video.swin_transformer': 'PatchEmbed3d ShiftedWindowAttention3d SwinTransformer3d',
  'torchvision.models.vision_transformer': 'ConvStemConfig Encoder EncoderBlock MLPBlock VisionTransformer',
  'torchvision.ops.deform_conv': 'DeformConv2d',
  'torchvision.ops.drop_block': 'DropBlock2d DropBlock3d',
  'torchvision.ops.feature_pyramid_network':
    'ExtraFPNBlock FeaturePyramidNetwork LastLevelMaxPool LastLevelP6P7',
  'torchvision.ops.misc':
    'Conv2dNormActivation Conv3dNormActivation ConvNormActivation FrozenBatchNorm2d MLP Permute SqueezeExcitation',
  'torchvision.ops.poolers': 'LevelMapper MultiScaleRoIAlign',
  'torchvision.ops.ps_roi_align': 'PSRoIAlign',
  'torchvision.ops.ps_roi_pool': 'PSRoIPool',
  'torchvision.ops.roi_align': 'RoIAlign',
  'torchvision.ops.roi_pool': 'RoIPool',
  'torchvision.ops.stochastic_depth': 'StochasticDepth',
  'torchvision.transforms._presets':
    'ImageClassification ObjectDetection OpticalFlow SemanticSegmentation VideoClassification',
  'torchvision.transforms.transforms':
    'CenterCrop ColorJitter Compose ConvertImageDtype ElasticTransform FiveCrop GaussianBlur Grayscale Lambda LinearTransformation Normalize PILToTensor Pad RandomAdjustSharpness RandomAffine RandomApply RandomAutocontrast RandomChoice RandomCrop RandomEqualize RandomErasing RandomGrayscale RandomHorizontalFlip RandomInvert RandomOrder RandomPerspective RandomPosterize RandomResizedCrop RandomRotation RandomSolarize RandomTransforms RandomVerticalFlip Resize TenCrop ToPILImage ToTensor',
}

export const QUANTIZED_CLASSES: Readonly<Record<string, string>> = {
  'torch.ao.nn.intrinsic.modules.fused':
    'BNReLU2d BNReLU3d ConvAdd2d ConvAddReLU2d ConvBn1d ConvBn2d ConvBn3d ConvBnReLU1d ConvBnReLU2d ConvBnReLU3d ConvReLU1d ConvReLU2d ConvReLU3d LinearBn1d LinearLeakyReLU LinearReLU LinearTanh _FusedModule',
  'torch.ao.nn.intrinsic.qat.modules.conv_fused':
    'ConvBn1d ConvBn2d ConvBn3d ConvBnReLU1d ConvBnReLU2d ConvBnReLU3d ConvReLU1d ConvReLU2d ConvReLU3d _ConvBnNd',
  'torch.ao.nn.intrinsic.qat.modules.linear_fused': 'LinearBn1d',
  'torch.ao.nn.intrinsic.qat.modules.linear_relu': 'LinearReLU',
  'torch.ao.nn.intrinsic.quantized.dynamic.modules.linear_relu': 'LinearReLU',
  'torch.ao.nn.intrinsic.quantized.modules.bn_relu': 'BNReLU2d BNReLU3d',
  'torch.ao.nn.intrinsic.quantized.modules.conv_add': 'ConvAdd2d ConvAddReLU2d',
  'torch.ao.nn.intrinsic.quantized.modules.conv_relu': 'ConvReLU1d ConvReLU2d ConvReLU3d',
  'torch.ao.nn.intrinsic.quantized.modules.linear_relu': 'LinearLeakyReLU LinearReLU LinearTanh',
  'torch.ao.nn.qat.dynamic.modules.linear': 'Linear',
  'torch.ao.nn.qat.modules.conv': 'Conv1d Conv2d Conv3d _ConvNd',
  'torch.ao.nn.qat.modules.embedding_ops': 'Embedding EmbeddingBag',
  'torch.ao.nn.qat.modules.linear': 'Linear',
  'torch.ao.nn.quantizable.modules.activation': 'MultiheadAttention',
  'torch.ao.nn.quantizable.modules.rnn': 'LSTM LSTMCell _LSTMLayer _LSTMSingleLayer',
  'torch.ao.nn.quantized.dynamic.modules.conv':
    'Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d',
  'torch.ao.nn.quantized.dynamic.modules.linear': 'Linear',
  'torch.ao.nn.quantized.dynamic.modules.rnn':
    'GRU GRUCell LSTM LSTMCell PackedParameter RNNBase RNNCell RNNCellBase',
  'torch.ao.nn.quantized.modules.activation':
    'ELU Hardswish LeakyReLU MultiheadAttention PReLU ReLU6 Sigmoid Softmax',
  'torch.ao.nn.quantized.modules.batchnorm': 'BatchNorm2d BatchNorm3d _BatchNorm',
  'torch.ao.nn.quantized.modules.conv':
    'Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d _ConvNd _ConvTransposeNd',
  'torch.ao.nn.quantized.modules.dropout': 'Dropout',
  'torch.ao.nn.quantized.modules.embedding_ops': 'Embedding EmbeddingBag EmbeddingPackedParams',
  'torch.ao.nn.quantized.modules.functional_modules': 'FXFloatFunctional FloatFunctional QFunctional',
  'torch.ao.nn.quantized.modules.linear': 'Linear LinearPackedParams',
  'torch.ao.nn.quantized.modules.normalization':
    'GroupNorm InstanceNorm1d InstanceNorm2d InstanceNorm3d LayerNorm',
  'torch.ao.nn.quantized.modules.rnn': 'LSTM',
  'torch.ao.nn.quantized.modules.utils': 'WeightedQuantizedModule',
  'torch.ao.nn.quantized.reference.modules.conv':
    'Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d _ConvNd _ConvTransposeNd',
  'torch.ao.nn.quantized.reference.modules.linear': 'Linear',
  'torch.ao.nn.quantized.reference.modules.rnn': 'GRU GRUCell LSTM LSTMCell RNNBase RNNCell RNNCellBase',
  'torch.ao.nn.quantized.reference.modules.sparse': 'Embedding EmbeddingBag',
  'torch.ao.nn.quantized.reference.modules.utils': 'ReferenceQuantizedModule',
  'torch.ao.nn.sparse.quantized.dynamic.linear': 'Linear',
  'torch.ao.nn.sparse.quantized.linear': 'Linear LinearPackedParams',
  'torch.ao.nn.sparse.quantized.utils': 'LinearBlockSparsePattern',
  'torch.ao.quantization.fake_quantize':
    'FakeQuantize FakeQuantizeBase FixedQParamsFakeQuantize FusedMovingAvgObsFakeQuantize',
  'torch.ao.quantization.observer':
    'AffineQuantizedObserverBase FixedQParamsObserver Granularity HistogramObserver MappingType MinMaxObserver MovingAverageMinMaxObserver MovingAveragePerChannelMinMaxObserver NoopObserver ObserverBase PerAxis PerBlock PerChannelMinMaxObserver PerGroup PerRow PerTensor PerToken PlaceholderObserver RecordingObserver ReuseInputObserver TorchAODType UniformQuantizationObserverBase ZeroPointDomain',
  'torch.ao.quantization.stubs': 'DeQuantStub QuantStub',
}
