using RhoLoss.Datasets.Labels;

namespace RhoLoss.Datasets.Images;

/// <summary>The sets that come as image files.</summary>
internal static class ImageSources
{
    public static ImageSource Cinic10 { get; } = new(
        new DatasetDescription(
            "cinic-10", "CINIC-10", ClassNames.Cifar10, "images of CIFAR-10 and ImageNet; terms at https://doi.org/10.7488/ds/2448",
            "Download https://datashare.ed.ac.uk/bitstream/handle/10283/3192/CINIC-10.tar.gz, "
            + "which https://doi.org/10.7488/ds/2448 describes, unpack it, and give its folder.",
            180_000, 90_000)
        {
            AugmentByDefault = true,
            FixedSplit = "train trains, valid holds out",
            TrainingExamplesByClass = [.. Enumerable.Repeat(18_000, 10)],
            ImageSize = ImageSets.CinicSize,
        },
        ImageSets.ReadCinic10);

    // 1,000,000 noisy and 47,570 clean training images, 10,526 clean test images; docs/data.md says where these counts come from.
    public static ImageSource Clothing { get; } = new(
        new DatasetDescription(
            "clothing-1m", "Clothing-1M", Clothing1M.Classes,
            "non-commercial research and education, on request, not to be passed on; Xiao et al. 2015",
            "Ask its authors (https://github.com/Cysu/noisy_label), unpack it, and give its folder.",
            1_047_570, 10_526)
        {
            AugmentByDefault = true,
        },
        Clothing1M.Read);

    public static ImageSource Folder { get; } = new(
        new DatasetDescription("image-folder", "a folder of JPEG or PNG images, one folder per class", [], "that of your images",
            "Put images into FOLDER/train/CLASS, FOLDER/valid/CLASS and FOLDER/test/CLASS, or FOLDER/CLASS, and give the folder, "
            + "as in 'rho train photos --set data.directory=FOLDER'.", 0, 0)
        {
            AugmentByDefault = true,
            IsOwn = true,
        },
        ImageSets.ReadFolder);
}
