using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Pretrained;
using RhoLoss.Randomness;
using RhoLoss.Serialization;
using RhoLoss.Tests.Models;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Pretrained;

public sealed class QuantizedMobileNetV2Tests : IDisposable
{
    private const int Labels = 11;
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"rholoss-{Guid.NewGuid():N}.safetensors");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Weights_are_whole_numbers_times_the_scale_of_their_filter()
    {
        using var check = new NoTensorLeaks();
        QuantizedFile.Write(_path, Labels);
        (MobileNetV2 model, WeightReport report) = QuantizedMobileNetV2.Load(_path);
        using MobileNetV2 owned = model;

        report.Loaded.Count.ShouldBe(106);   // 53 layers with weight and bias
        report.LeftOut.ShouldBeEmpty();
        (Dictionary<string, Tensor> stored, _) = SafetensorsFile.Read(_path);
        Dictionary<string, Tensor> state = model.state_dict();
        // Layer 4 is the depthwise convolution of the third feature's block, layer 52 the classifier.
        state["features.2.conv.1.0.weight"]
            .eq(stored["layer04.weight_q"].to(float32) * stored["layer04.scale"].reshape(-1, 1, 1, 1)).all().item<bool>().ShouldBeTrue();
        state["features.2.conv.1.0.bias"].eq(stored["layer04.bias"]).all().item<bool>().ShouldBeTrue();
        state["classifier.1.weight"].shape.ShouldBe([Labels, 1280]);
        state["classifier.1.weight"].eq(stored["layer52.weight_q"].to(float32).flatten(1) * stored["layer52.scale"].reshape(-1, 1))
            .all().item<bool>().ShouldBeTrue();
        model.parameters().ShouldAllBe(p => p.requires_grad && p.dtype == float32);
    }

    // The graph by operations of its own: pad, convolve, clamp, add, mean.
    [Theory]
    [InlineData(64)]
    [InlineData(37)]   // odd: a pixel on either side, 37 → 19 → 10 → 5 → 3 → 2
    public void Logits_are_those_of_the_listed_operations(long side)
    {
        using var check = new NoTensorLeaks();
        QuantizedFile.Write(_path, Labels);
        (MobileNetV2 model, _) = QuantizedMobileNetV2.Load(_path);
        using MobileNetV2 owned = model;
        model.eval();
        using IDisposable noGradient = no_grad();
        using Generator generator = Seeding.Stream(3, 3);
        Tensor images = rand([2, 3, side, side], generator: generator) * 2 - 1;

        (Dictionary<string, Tensor> stored, _) = SafetensorsFile.Read(_path);
        var results = new Dictionary<int, Tensor> { [109] = images };
        Tensor last = images;
        foreach (Dictionary<string, object> o in QuantizedFile.Graph(Labels).Skip(1).SkipLast(1))
        {
            Tensor[] sources = [.. SourcesOf(o).Where(results.ContainsKey).Select(s => results[s])];
            last = (string)o["op"] switch
            {
                "add" => sources[0] + sources[1],
                "mean" => sources[0].mean([2, 3], keepdim: true),
                _ => Convolve(o, sources[0]),
            };
            results[(int)o["dst"]] = last;
        }
        Tensor logits = model.forward(images);
        (logits - last.flatten(1)).abs().max().item<float>().ShouldBeLessThan(1e-4f * last.abs().max().item<float>());

        Tensor Convolve(Dictionary<string, object> o, Tensor x)
        {
            string name = (string)o["name"];
            long stride = (long)o["stride"], kernel = (int)o["k"], groups = (string)o["op"] == "dwconv" ? (long)o["out"] : 1;
            long zeros = Math.Max(0, ((x.shape[2] + stride - 1) / stride - 1) * stride + kernel - x.shape[2]);
            x = nn.functional.pad(x, [zeros / 2, zeros - zeros / 2, zeros / 2, zeros - zeros / 2]);
            x = nn.functional.conv2d(x, stored[$"{name}.weight_q"].to(float32) * stored[$"{name}.scale"].reshape(-1, 1, 1, 1),
                stored[$"{name}.bias"], strides: [stride, stride], groups: groups);
            return (bool)o["relu6"] ? x.clamp(0, 6) : x;
        }
    }

    [Fact]
    public void Stride_two_pads_an_even_side_at_the_bottom_and_the_right_only()
    {
        using var check = new NoTensorLeaks();
        using MobileNetV2 model = MobileNetV2.Folded(3, 2, seed: 1);
        model.eval();
        using IDisposable noGradient = no_grad();
        // A bright first row reaches the first output row with the kernel's first row of weights only when nothing is padded above it.
        Tensor weight = model.state_dict()["features.0.0.weight"], images = zeros(1, 3, 32, 32), other = images.clone();
        weight.zero_();
        weight.narrow(2, 0, 1).fill_(1);                     // the kernel sees its first row alone
        Tensor dark = model.forward(images).clone();
        other.narrow(2, 0, 1).fill_(1);
        (model.forward(other) - dark).abs().max().item<float>().ShouldBeGreaterThan(0);
    }

    [Fact]
    public void With_other_classes_the_classifier_is_new_and_the_network_trains()
    {
        using var check = new NoTensorLeaks();
        QuantizedFile.Write(_path, Labels);
        (MobileNetV2 model, WeightReport report) = QuantizedMobileNetV2.Load(_path, classes: 3, seed: 4);
        using MobileNetV2 owned = model;
        using MobileNetV2 fresh = MobileNetV2.Folded(3, 3, seed: 4);

        report.LeftOut.ShouldBe([
            "classifier.1.weight: [11, 1280] in the file, [3, 1280] in the model", "classifier.1.bias: [11] in the file, [3] in the model",
        ]);
        model.state_dict()["classifier.1.weight"].eq(fresh.state_dict()["classifier.1.weight"]).all().item<bool>().ShouldBeTrue();
        model.train();
        nn.functional.cross_entropy(model.forward(ones(2, 3, 32, 32)), zeros(2, dtype: int64)).backward();
        model.parameters().Count(p => p.grad is null).ShouldBe(0);
    }

    [Fact]
    public void Inputs_of_another_normalisation_give_the_same_logits()
    {
        using var check = new NoTensorLeaks();
        QuantizedFile.Write(_path, Labels);
        var imageNet = new Normalization([0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]);
        (MobileNetV2 plain, _) = QuantizedMobileNetV2.Load(_path);
        (MobileNetV2 scaled, _) = QuantizedMobileNetV2.Load(_path, inputs: imageNet);
        using MobileNetV2 a = plain, b = scaled;
        a.eval();
        b.eval();
        using IDisposable noGradient = no_grad();
        using Generator generator = Seeding.Stream(3, 3);
        Tensor bytes = randint(0, 256, [2, 3, 32, 32], dtype: uint8, generator: generator);
        using var own = new LabeledDataset(bytes.clone(), zeros(2, dtype: int64), 2,
            normalization: QuantizedMobileNetV2.InputNormalization);
        using var other = new LabeledDataset(bytes.clone(), zeros(2, dtype: int64), 2, normalization: imageNet);
        Tensor expected = a.forward(own.Gather(own.Ids).Inputs);
        (b.forward(other.Gather(other.Ids).Inputs) - expected).abs().max().item<float>()
            .ShouldBeLessThan(1e-3f * expected.abs().max().item<float>());
        // By hand: byte 254 is (254 − 127) / 127.5 = 0.99608.
        ((254f / 255 - QuantizedMobileNetV2.InputNormalization.Mean[0]) / QuantizedMobileNetV2.InputNormalization.Std[0])
            .ShouldBe(0.99608f, 1e-5f);
    }

    [Fact]
    public void A_file_of_another_network_is_refused_with_the_layer_that_differs()
    {
        using var check = new NoTensorLeaks();
        Refused(graph => Layer(graph, "layer10")["stride"] = 1L).ShouldBe($"{_path} is no quantised MobileNet-v2 of width 1: "
            + "layer10 is dwconv 1 → 144, 3×3, stride 1, ReLU6, but dwconv 1 → 144, 3×3, stride 2, ReLU6 is needed.");
        Refused(graph => Layer(graph, "layer05")["relu6"] = true)
            .ShouldContain("layer05 is conv 96 → 24, 1×1, stride 1, ReLU6, but conv 96 → 24, 1×1, stride 1 is needed");
        Refused(graph => graph.RemoveAll(o => (string)o["op"] == "add"
                && SourcesOf(o)[0] == SourcesOf(graph.First(x => (string)x["op"] == "add"))[0]))
            .ShouldContain("layer08 is not added to the input of its block");
        Refused(graph => graph.Remove(Layer(graph, "layer20"))).ShouldContain("it has 52 layers with weights, but 53 are needed");
        Refused(graph => graph.RemoveAll(o => (string)o["op"] == "mean")).ShouldContain("layer52 does not read a mean");
        Refused(graph => Layer(graph, "layer03")["src"] = new[] { 5 }).ShouldContain("layer03 reads number 5, but 112 is needed");
        Refused(graph => graph.Clear()).ShouldContain("its list of layers is empty");

        QuantizedFile.Write(_path, Labels, leaveOut: "layer07.scale");
        Should.Throw<InvalidInputException>(() => QuantizedMobileNetV2.Load(_path)).Message
            .ShouldBe($"{_path} is no quantised MobileNet-v2: it has no layer07.scale of type Float32.");
    }

    [Fact]
    public void Other_files_are_not_taken_for_one()
    {
        using var check = new NoTensorLeaks();
        using var mlp = new Mlp(3, [4], 2, seed: 1);
        SafetensorsFile.Write(_path, mlp.state_dict(), new Dictionary<string, string>());
        QuantizedMobileNetV2.IsOne(_path).ShouldBeFalse();
        Should.Throw<InvalidInputException>(() => QuantizedMobileNetV2.Load(_path)).Message
            .ShouldContain("its metadata have no list 'layers'");
        QuantizedFile.Write(_path, Labels);
        QuantizedMobileNetV2.IsOne(_path).ShouldBeTrue();
        using nn.Module<Tensor, Tensor> resnet = Zoo.Create("resnet-18-224");
        Should.Throw<InvalidInputException>(() => WeightFile.Load(resnet, _path)).Message
            .ShouldContain("does not fit ResNet18Large: of the 102 tensors that it needs, 0 agree");
    }

    [Fact]
    public void The_real_file_is_an_ImageNet_classifier()
    {
        string? root = Environment.GetEnvironmentVariable("RHOLOSS_TEST_DATA");
        Assert.SkipWhen(string.IsNullOrEmpty(root),
            "Reads the quantised MobileNet-v2; set RHOLOSS_TEST_DATA to a folder that holds mobilenet-v2-imagenet/.");
        string path = Path.Combine(root!, "mobilenet-v2-imagenet", "mobilenet_v2_imagenet_int8.safetensors");
        Assert.SkipUnless(File.Exists(path), $"There is no {path}.");
        using var check = new NoTensorLeaks();
        (MobileNetV2 model, WeightReport report) = QuantizedMobileNetV2.Load(path);
        using MobileNetV2 owned = model;
        model.eval();
        using IDisposable noGradient = no_grad();

        report.Loaded.Count.ShouldBe(106);
        // torchvision's 3,504,872 has 1,281,000 in the classifier and two numbers for each of 17,056 normalised channels,
        // of which folding leaves one: 3,504,872 − 1,281,000 − 17,056 + 1001 · 1281.
        model.parameters().Sum(p => p.numel()).ShouldBe(3_489_097);
        // A picture of one grey says nothing: no label may be near certain, and the labels must differ.
        Tensor probabilities = nn.functional.softmax(model.forward(zeros(1, 3, 224, 224)), 1);
        probabilities.max().item<float>().ShouldBeInRange(2f / 1001, 0.9f);
    }

    private static int[] SourcesOf(Dictionary<string, object> operation) => operation["src"] as int[] ?? [(int)operation["src"]];

    private string Refused(Action<List<Dictionary<string, object>>> change)
    {
        QuantizedFile.Write(_path, Labels, change);
        return Should.Throw<InvalidInputException>(() => QuantizedMobileNetV2.Load(_path)).Message;
    }

    private static Dictionary<string, object> Layer(List<Dictionary<string, object>> graph, string name) =>
        graph.Single(o => o.TryGetValue("name", out object? n) && (string)n == name);
}
