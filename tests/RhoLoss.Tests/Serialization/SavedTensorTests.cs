using RhoLoss.Serialization;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Serialization;

public sealed class SavedTensorTests
{
    [Theory]   // what is compared, and whether one of another type, number of axes and size may be taken over
    [InlineData("Type", false, true, true)]
    [InlineData("Axes", false, false, true)]
    [InlineData("Shape", false, false, false)]
    public void A_saved_tensor_must_be_like_the_one_that_would_be_saved_now(string compared, bool type, bool axes, bool size)
    {
        using var check = new NoTensorLeaks();
        Tensor wanted = zeros(2, 3);
        ShouldBe(zeros([2, 3], dtype: int64), type, "Int64 of shape [2, 3]");
        ShouldBe(zeros(6), axes, "Float32 of shape [6]");
        ShouldBe(zeros(2, 4), size, "Float32 of shape [2, 4]");
        ShouldBe(ones(2, 3), true, "");

        void ShouldBe(Tensor given, bool accepted, string described)
        {
            void Require() => SavedTensor.RequireLike("c.safetensors", "replica.fc1.weight", given, wanted, Enum.Parse<Likeness>(compared));
            if (accepted) { Should.NotThrow(Require); }
            else
            {
                Should.Throw<InvalidInputException>(Require).Message.ShouldBe($"c.safetensors has 'replica.fc1.weight' as {described}, "
                    + "but Float32 of shape [2, 3] is needed. Continue from a checkpoint of the same data, models and version.");
            }
        }
    }
}
