namespace RhoLoss.Datasets.Cache;

/// <summary>The two ways to bring a set onto a machine that does not have it. What they bring is checked by the caller.</summary>
/// <param name="Package">Debian's package.</param>
/// <param name="BaseAddress">The authors' repository, which has the files by their names.</param>
internal sealed record DatasetDownload(string Package, Uri BaseAddress)
{
    /// <summary>The largest file of Fashion-MNIST has 26 MB.</summary>
    private const long LargestFile = 64L << 20;

    /// <summary>Debian's package tools.</summary>
    public string AptGet { get; init; } = "apt-get";

    /// <summary>Debian's unpacker.</summary>
    public string DpkgDeb { get; init; } = "dpkg-deb";

    /// <summary>How long a server may be silent.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>What to try, in this order: each puts files into a folder and returns null, or says why it cannot.</summary>
    public IEnumerable<(string Source, Func<string, StagingFolder, CancellationToken, Task<string?>> Fetch)> SourcesOf(CachedSource set) =>
    [
        ($"package {Package} by {AptGet}", (folder, staging, cancellation) => FromPackageAsync(set, folder, staging, cancellation)),
        (BaseAddress.ToString(), (folder, staging, cancellation) => FromRepositoryAsync(set, folder, staging, cancellation)),
    ];

    /// <summary>Downloads Debian's package and unpacks it beside the cache, which needs no root.</summary>
    private async Task<string?> FromPackageAsync(
        CachedSource set, string folder, StagingFolder staging, CancellationToken cancellation)
    {
        string work = staging.Create("package");
        string[] download =
            ["-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20", "-o", "Acquire::Retries=0", "download", Package];
        if (await ExternalProgram.RunAsync(AptGet, download, work, cancellation) is { } aptGet) { return aptGet; }
        string? archive = Directory.EnumerateFiles(work, "*.deb").FirstOrDefault();
        if (archive is null) { return $"{AptGet} left no package"; }
        string unpacked = staging.Create("unpacked");
        if (await ExternalProgram.RunAsync(DpkgDeb, ["-x", archive, unpacked], work, cancellation) is { } dpkg) { return dpkg; }

        string data = Path.Combine(unpacked, DatasetPlaces.DebianDatasets.TrimStart('/'), set.Description.Name);
        if (DatasetFolder.TryOpen(set, data, data, out List<string> missing) is not { } found)
        {
            return $"the package does not hold {string.Join(", ", missing)}";
        }
        DatasetImport.Copy(found, folder, staging);
        return null;
    }

    private async Task<string?> FromRepositoryAsync(
        CachedSource set, string folder, StagingFolder staging, CancellationToken cancellation)
    {
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        foreach (string file in set.Files.Select(known => known.Name + ".gz"))
        {
            if (await DownloadAsync(client, new Uri(BaseAddress, file), Path.Combine(folder, file), staging, cancellation) is { } reason)
            {
                return reason;
            }
        }
        return null;
    }

    private async Task<string?> DownloadAsync(
        HttpClient client, Uri address, string path, StagingFolder staging, CancellationToken cancellation)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        silence.CancelAfter(Patience);
        try
        {
            using HttpResponseMessage response = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, silence.Token);
            if (!response.IsSuccessStatusCode) { return $"{address} answered {(int)response.StatusCode} {response.ReasonPhrase}"; }
            await using Stream content = await response.Content.ReadAsStreamAsync(silence.Token);
            await using FileStream target = staging.CreateFile(path);
            byte[] buffer = new byte[1 << 16];
            long total = 0;
            int read;
            while ((read = await content.ReadAsync(buffer, silence.Token)) > 0)
            {
                silence.CancelAfter(Patience);
                total += read;
                if (total > LargestFile) { return $"{address} sends more than {LargestFile} bytes"; }
                staging.Guarded(() => target.Write(buffer, 0, read));
            }
            staging.Guarded(target.Flush);
            return null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return FormattableString.Invariant($"{address} was silent for {Patience.TotalSeconds:0} seconds");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return $"{address}: {(e.InnerException ?? e).Message}";
        }
    }
}
