using RhoLoss.Data;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Data;

public sealed class CropAndFlipTests
{
    private static Tensor At(CropAndFlip crop, Tensor inputs, long[] top, long[] left, bool[] flip) =>
        crop.CropAt(inputs, tensor(top).unsqueeze(1), tensor(left).unsqueeze(1), tensor(flip).unsqueeze(1),
            inputs.shape[2], inputs.shape[3]);

    private static Tensor Applied(CropAndFlip crop, Tensor images) => crop.Apply(images, arange(images.shape[0], dtype: int64), step: 1);

    /// <summary>RandomCrop and RandomHorizontalFlip written as loops over pixels.</summary>
    private static double[] ByHand(Tensor inputs, int padding, long[] top, long[] left, bool[] flip)
    {
        long n = inputs.shape[0], channels = inputs.shape[1], height = inputs.shape[2], width = inputs.shape[3];
        var result = new List<double>();
        foreach ((long i, long c, long y, long x) in
                 from i in Range(n) from c in Range(channels) from y in Range(height) from x in Range(width) select (i, c, y, x))
        {
            long sourceY = y + top[i] - padding, sourceX = (flip[i] ? width - 1 - x : x) + left[i] - padding;
            bool inside = sourceY >= 0 && sourceY < height && sourceX >= 0 && sourceX < width;
            result.Add(inside ? inputs[i, c, sourceY, sourceX].to(float64).item<double>() : 0);
        }
        return [.. result];

        static IEnumerable<long> Range(long count) => Enumerable.Range(0, (int)count).Select(i => (long)i);
    }

    [Fact]
    public void A_shift_to_the_corner_leaves_zeros_at_the_border_and_a_flip_mirrors_the_crop()
    {
        using var check = new NoTensorLeaks();
        var crop = new CropAndFlip(padding: 1, seed: 1);
        Tensor image = tensor(new byte[] { 1, 2, 3, 4 }).reshape(1, 1, 2, 2);
        // Padded: 0 0 0 0 / 0 1 2 0 / 0 3 4 0 / 0 0 0 0. At (0, 0) the crop is 0 0 / 0 1, mirrored 0 0 / 1 0; at (2, 1) it is 3 4 / 0 0.
        Examples.Longs(At(crop, image, [0], [0], [false])).ShouldBe([0, 0, 0, 1]);
        Examples.Longs(At(crop, image, [0], [0], [true])).ShouldBe([0, 0, 1, 0]);
        Examples.Longs(At(crop, image, [2], [1], [false])).ShouldBe([3, 4, 0, 0]);
        Examples.Longs(At(crop, image, [1], [1], [true])).ShouldBe([2, 1, 4, 3]);
    }

    [Fact]
    public void Every_offset_and_flip_agrees_with_a_loop_over_pixels()
    {
        using var check = new NoTensorLeaks();
        var crop = new CropAndFlip(padding: 2, seed: 1);
        // All 25 offsets of padding 2, plain and mirrored, as one batch of two-channel images that are not square.
        long[] top = [.. Enumerable.Range(0, 50).Select(i => (long)(i % 25 / 5))];
        long[] left = [.. Enumerable.Range(0, 50).Select(i => (long)(i % 5))];
        bool[] flip = [.. Enumerable.Range(0, 50).Select(i => i >= 25)];
        Tensor images = arange(1, 50 * 2 * 3 * 4 + 1, float32).reshape(50, 2, 3, 4);
        Examples.Values(At(crop, images, top, left, flip)).ShouldBe(ByHand(images, 2, top, left, flip));
    }

    [Theory]
    [InlineData(ScalarType.Byte)]
    [InlineData(ScalarType.Float32)]
    public void Shape_and_type_stay(ScalarType type)
    {
        using var check = new NoTensorLeaks();
        var crop = new CropAndFlip(padding: 4, seed: 1);
        Tensor images = ones([5, 3, 8, 6], dtype: type), changed = Applied(crop, images);
        changed.shape.ShouldBe([5, 3, 8, 6]);
        changed.dtype.ShouldBe(type);
        images.eq(1).all().item<bool>().ShouldBeTrue();
    }

    [Fact]
    public void Without_padding_an_image_is_itself_or_its_mirror_image_each_about_half_the_time()
    {
        using var check = new NoTensorLeaks();
        var crop = new CropAndFlip(padding: 0, seed: 1);
        Tensor images = tensor([1f, 2f]).reshape(1, 1, 1, 2).repeat(1000, 1, 1, 1);
        Examples.Values(At(crop, images, new long[1000], new long[1000], new bool[1000])).ShouldBe(Examples.Values(images));
        Tensor changed = Applied(crop, images).reshape(1000, 2);
        changed.sum(1).eq(3).all().item<bool>().ShouldBeTrue();
        // Binomial(1000, 1/2) has deviation 15.8; 80 is five of them.
        ((double)changed[.., 0].eq(2).sum().item<long>()).ShouldBe(500, tolerance: 80);
    }

    [Fact]
    public void Each_image_has_its_own_offset_and_all_nine_occur_for_padding_one()
    {
        using var check = new NoTensorLeaks();
        var crop = new CropAndFlip(padding: 1, seed: 1);
        // One bright pixel in the middle of 3×3: where it lands tells the offset; a flip mirrors columns, so all 9 places stay possible.
        Tensor images = zeros(900, 1, 3, 3);
        images[.., 0, 1, 1] = 1f;
        Tensor landed = Applied(crop, images).reshape(900, 9);
        landed.sum(1).eq(1).all().item<bool>().ShouldBeTrue();
        // Each place has probability 1/9: Binomial(900, 1/9) has mean 100 and deviation 9.4; 47 is five of them.
        foreach (double count in Examples.Values(landed.sum(0))) { count.ShouldBe(100, tolerance: 47); }
    }

    [Fact]
    public void What_an_example_becomes_depends_on_seed_step_and_id_and_on_nothing_else()
    {
        using var check = new NoTensorLeaks();
        var crop = new CropAndFlip(padding: 2, seed: 1);
        Tensor images = rand([20, 1, 6, 6]), ids = arange(20, dtype: int64) * 7;
        Tensor first = crop.Apply(images, ids, step: 3);

        crop.Apply(images, ids, step: 4).eq(first).all().item<bool>().ShouldBeFalse();
        new CropAndFlip(padding: 2, seed: 2).Apply(images, ids, step: 3).eq(first).all().item<bool>().ShouldBeFalse();
        crop.Apply(images, ids, step: 3).eq(first).all().item<bool>().ShouldBeTrue();
        // The same whatever company it is in: a part of the batch, in another order.
        Tensor rows = tensor([19L, 4L, 11L]);
        new CropAndFlip(padding: 2, seed: 1).Apply(images.index_select(0, rows), ids.index_select(0, rows), step: 3)
            .eq(first.index_select(0, rows)).all().item<bool>().ShouldBeTrue();
    }

    [Fact]
    public void A_negative_padding_is_refused() =>
        Should.Throw<ArgumentOutOfRangeException>(() => new CropAndFlip(-1, seed: 1)).ParamName.ShouldBe("padding");
}
