using RhoLoss.Optimization;
using RhoLoss.Randomness;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace RhoLoss.Models;

/// <summary>ALBERT without a head: ids [n, length] to the pooled first token [n, hidden].</summary>
[MixedPrecision]
internal sealed class AlbertBackbone : nn.Module<Tensor, Tensor?, Tensor>
{
    [ComponentName(Name = "embeddings")] private readonly AlbertEmbeddings _embeddings;
    [ComponentName(Name = "encoder")] private readonly AlbertEncoder _encoder;
    [ComponentName(Name = "pooler")] private readonly Linear _pooler;

    public AlbertBackbone(AlbertOptions options) : base(nameof(AlbertBackbone))
    {
        _embeddings = new AlbertEmbeddings(options);
        _encoder = new AlbertEncoder(options);
        _pooler = nn.Linear(options.HiddenSize, options.HiddenSize);
        register_module("embeddings", _embeddings);
        register_module("encoder", _encoder);
        register_module("pooler", _pooler);
    }

    public override Tensor forward(Tensor ids, Tensor? attended) =>
        _pooler.forward(_encoder.forward(_embeddings.forward(ids), attended).select(1, 0)).tanh();
}

/// <summary>Ids [n, length] to the normalised sum of token, position and segment embeddings [n, length, embedding].</summary>
internal sealed class AlbertEmbeddings : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "word_embeddings")] private readonly Embedding _words;
    [ComponentName(Name = "position_embeddings")] private readonly Embedding _positions;
    [ComponentName(Name = "token_type_embeddings")] private readonly Embedding _tokenTypes;
    [ComponentName(Name = "LayerNorm")] private readonly LayerNorm _norm;
    [ComponentName(Name = "dropout")] private readonly SeededDropout _dropout;

    public AlbertEmbeddings(AlbertOptions options) : base(nameof(AlbertEmbeddings))
    {
        _words = nn.Embedding(options.VocabularySize, options.EmbeddingSize);
        _positions = nn.Embedding(options.MaxPositions, options.EmbeddingSize);
        _tokenTypes = nn.Embedding(AlbertOptions.TokenTypes, options.EmbeddingSize);
        _norm = nn.LayerNorm(options.EmbeddingSize, AlbertOptions.Epsilon);
        _dropout = new SeededDropout(options.Dropout);
        register_module("word_embeddings", _words);
        register_module("position_embeddings", _positions);
        register_module("token_type_embeddings", _tokenTypes);
        register_module("LayerNorm", _norm);
        register_module("dropout", _dropout);
    }

    public override Tensor forward(Tensor ids)
    {
        Tensor places = Scalars.Range(ids.shape[1], int64, ids.device);
        Tensor sum = Scalars.Sum(_words.forward(ids), _positions.forward(places));
        sum = Scalars.Sum(sum, _tokenTypes.forward(zeros_like(places)));   // one text: all of segment 0
        return _dropout.forward(_norm.forward(sum));
    }
}

/// <summary>Embeddings [n, length, embedding] through the shared layer, as often as there are layers, to [n, length, hidden].</summary>
internal sealed class AlbertEncoder : nn.Module<Tensor, Tensor?, Tensor>
{
    private readonly int _layers;
    [ComponentName(Name = "embedding_hidden_mapping_in")] private readonly Linear _mapping;
    [ComponentName(Name = "albert_layer_groups")] private readonly ModuleList<LayerGroup> _groups;

    public AlbertEncoder(AlbertOptions options) : base(nameof(AlbertEncoder))
    {
        _layers = options.Layers;
        _mapping = nn.Linear(options.EmbeddingSize, options.HiddenSize);
        _groups = nn.ModuleList(new LayerGroup(options));
        register_module("embedding_hidden_mapping_in", _mapping);
        register_module("albert_layer_groups", _groups);
    }

    public override Tensor forward(Tensor embeddings, Tensor? attended)
    {
        // Embeddings stay in float32 where linear layers compute in bfloat16.
        Tensor x = _mapping.forward(embeddings.to(_mapping.weight!.dtype));
        AlbertLayer layer = _groups[0].Layer;
        for (int i = 0; i < _layers; i++) { x = layer.forward(x, attended); }
        return x;
    }

    /// <summary>The published network could share layers in groups; it has one group of one layer, which is in the names.</summary>
    private sealed class LayerGroup : nn.Module<Tensor, Tensor?, Tensor>
    {
        [ComponentName(Name = "albert_layers")] private readonly ModuleList<AlbertLayer> _layers;

        public LayerGroup(AlbertOptions options) : base(nameof(LayerGroup))
        {
            _layers = nn.ModuleList(new AlbertLayer(options));
            register_module("albert_layers", _layers);
        }

        public AlbertLayer Layer => _layers[0];

        public override Tensor forward(Tensor input, Tensor? attended) => Layer.forward(input, attended);
    }
}
