using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Labels;
using RhoLoss.Datasets.Splits;

namespace RhoLoss.Datasets.Text;

/// <summary>The sets of texts that come as files of GLUE and of CoLA's authors.</summary>
internal static class GlueSources
{
    // The checksums were computed from files whose published MD5 had been checked.
    public static CachedSource Cola { get; } = new(
        new DatasetDescription("cola", "CoLA 1.1", ClassNames.Cola, "research use; Warstadt, Singh and Bowman 2018",
            "Download https://nyu-mll.github.io/CoLA/cola_public_1.1.zip, then run 'rho data get cola --from cola_public_1.1.zip'.",
            8_551, 1_043)
        {
            FixedSplit = EvenOddSplit.Words,
            TrainingExamplesByClass = [2_528, 6_023],
            IsText = true,
        },
        [
            new KnownFile(TextDatasets.Train, "in_domain_train.tsv", "f320a10f92d3bce6b29152fde322a362eac39238e50d8de0c8815457fdf4fc12"),
            new KnownFile(
                TextDatasets.InDomainDev, "in_domain_dev.tsv", "77176f6a03faa5a1c4f23c69971fc1bff565931112fb65af47b2d6e24b7f42f7"),
            new KnownFile(
                TextDatasets.OutOfDomainDev, "out_of_domain_dev.tsv",
                "201b9c57b2a20f1282242eec0ed8995729e3be19c29a46c047b3727338836c05"),
        ],
        TextDatasets.LoadCola)
    {
        ArchiveFolder = "cola_public/raw",
    };

    public static CachedSource Sst2 { get; } = new(
        new DatasetDescription("sst-2", "SST-2", ClassNames.Sst2, "research use; Socher et al. 2013, GLUE 2018",
            "Download https://dl.fbaipublicfiles.com/glue/data/SST-2.zip, then run 'rho data get sst-2 --from SST-2.zip'.", 67_349, 872)
        {
            FixedSplit = EvenOddSplit.Words,
            TrainingExamplesByClass = [29_780, 37_569],
            IsText = true,
        },
        [
            new KnownFile(TextDatasets.Train, "train.tsv", "48eac26399f8456935f81dd9e3a745c1430adb6c62e233ccfe22db4a0d15d1d1"),
            new KnownFile(TextDatasets.Dev, "dev.tsv", "54a9c12c77e402fc14d6a66a506f24d999f596b0176eb777c972cccc2f9cc4b0"),
        ],
        TextDatasets.LoadSst2)
    {
        ArchiveFolder = "SST-2",
    };
}
