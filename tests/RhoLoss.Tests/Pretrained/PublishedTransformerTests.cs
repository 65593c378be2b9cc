using RhoLoss.Models;
using RhoLoss.Pretrained;
using RhoLoss.Serialization;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Pretrained;

/// <summary>
/// Files of GPT-2 as Hugging Face publishes them: <c>gpt2</c> is saved of <c>GPT2Model</c> with the causal mask of each layer, others of
/// <c>GPT2LMHeadModel</c>; both have the weights of linear maps as [in, out].
/// </summary>
public sealed class PublishedTransformerTests : IDisposable
{
    private static readonly string[] Maps = ["attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight"];
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"rholoss-{Guid.NewGuid():N}.safetensors");

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("", false, false)]               // gpt2
    [InlineData("transformer.", false, true)]    // GPT2LMHeadModel with its head
    [InlineData("module.transformer.", false, true)]
    [InlineData("module.", false, false)]
    [InlineData("transformer.", true, false)]    // written by this project
    public void A_published_file_is_loaded_by_name_with_its_maps_turned_over(string prefix, bool own, bool head)
    {
        using var check = new NoTensorLeaks();
        using CausalTransformer source = Model(seed: 1), model = Model(seed: 2);
        Dictionary<string, Tensor> file = Published(source, prefix, turned: !own);
        if (head) { file[prefix[..^"transformer.".Length] + "lm_head.weight"] = source.state_dict()["transformer.wte.weight"].clone(); }
        if (prefix.Length == 0)
        {
            for (int layer = 0; layer < 2; layer++)
            {
                file[$"h.{layer}.attn.bias"] = ones(6, 6).tril().reshape(1, 1, 6, 6);
                file[$"h.{layer}.attn.masked_bias"] = tensor(-1e4f);
            }
        }
        Save(file);

        WeightReport report = WeightFile.Load(model, _path, ClassifierWeights.LoadIfClassesAgree);

        report.Loaded.Count.ShouldBe(2 + 2 * 12 + 2);
        report.Unused.ShouldBeEmpty();
        Toys.ParameterBits(model).ShouldBe(Toys.ParameterBits(source));
    }

    [Fact]
    public void A_checkpoint_of_a_run_is_loaded()
    {
        using var check = new NoTensorLeaks();
        using CausalTransformer source = Model(seed: 1), model = Model(seed: 2);
        SafetensorsFile.Write(_path, source.state_dict().ToDictionary(t => "model." + t.Key, t => t.Value),
            new Dictionary<string, string> { ["format"] = "rholoss-checkpoint/1" });
        WeightFile.Load(model, _path).Loaded.Count.ShouldBe(28);
        Toys.ParameterBits(model).ShouldBe(Toys.ParameterBits(source));
    }

    [Theory]
    [InlineData("another vocabulary", "1 has another shape (transformer.wte.weight: [10, 8] in the file, [9, 8] in the model)")]
    [InlineData("a shorter context", "1 has another shape (transformer.wpe.weight: [5, 8] in the file, [6, 8] in the model)")]
    [InlineData("a head of its own", "lm_head.weight is not wte.weight, but the head of a causal transformer is its token embedding.")]
    [InlineData("another layer", "it holds 12 tensors of layers, or parts of layers, that CausalTransformer lacks (transformer.h.2.")]
    [InlineData("a layer less", "12 are missing from the file")]
    [InlineData("the last map missing", "1 is missing from the file (transformer.h.1.mlp.c_proj.weight)")]
    [InlineData("a mask that is none", "parts of layers, that CausalTransformer lacks (transformer.h.0.attn.bias)")]
    public void Another_networks_file_is_refused_and_nothing_is_loaded(string fault, string message)
    {
        using var check = new NoTensorLeaks();
        int layers = fault switch { "another layer" => 3, "a layer less" => 1, _ => 2 };
        using CausalTransformer source = Model(
            seed: 1, layers, fault == "another vocabulary" ? 10 : 9, fault == "a shorter context" ? 5 : 6);
        using CausalTransformer model = Model(seed: 2);
        byte[] before = Toys.ParameterBits(model);
        Dictionary<string, Tensor> file = Published(source, "", turned: true);
        if (fault == "a head of its own") { file["lm_head.weight"] = ones(9, 8); }
        if (fault == "the last map missing") { file.Remove("h.1.mlp.c_proj.weight"); }
        if (fault == "a mask that is none") { file["h.0.attn.bias"] = ones(1, 1, 6, 6); }
        Save(file);
        Should.Throw<InvalidInputException>(() => WeightFile.Load(model, _path, ClassifierWeights.LoadIfClassesAgree)).Message
            .ShouldContain(message);
        Toys.ParameterBits(model).ShouldBe(before);
    }

    private static CausalTransformer Model(long seed, int layers = 2, int vocabulary = 9, int context = 6) =>
        new(new CausalTransformerOptions { Vocabulary = vocabulary, Context = context, Layers = layers, Heads = 2, Width = 8 }, seed);

    private static Dictionary<string, Tensor> Published(CausalTransformer source, string prefix, bool turned) =>
        source.state_dict().ToDictionary(
            t => prefix + t.Key["transformer.".Length..],
            t => turned && Maps.Any(map => t.Key.EndsWith(map, StringComparison.Ordinal)) ? t.Value.t().contiguous() : t.Value.clone());

    private void Save(Dictionary<string, Tensor> tensors) => SafetensorsFile.Write(_path, tensors, new Dictionary<string, string>());
}
