using RhoLoss.Serialization;

namespace RhoLoss.Tests.Serialization;

public sealed class AtomicFileTests
{
    [Fact]
    public void The_folder_is_created_and_the_file_replaced()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "a", "b", "file.txt");
        AtomicFile.WriteAllText(path, "first é");
        AtomicFile.WriteAllText(path, "2");
        File.ReadAllBytes(path).ShouldBe("2"u8.ToArray());
        Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(path)!).ShouldBe([path]);
    }

    [Fact]
    public void A_path_without_a_folder_is_beside_the_program()
    {
        string name = $"atomic-{Guid.NewGuid():N}.txt";
        try
        {
            AtomicFile.WriteAllBytes(name, [1, 2]);
            File.ReadAllBytes(name).ShouldBe([1, 2]);
        }
        finally
        {
            File.Delete(name);
        }
    }

    [Fact]
    public void A_folder_a_pipe_and_a_link_to_nothing_are_not_replaced_by_a_file()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "mkfifo(1) and statx(2) are Linux's");
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("folder"));
        File.CreateSymbolicLink(folder.File("link"), "/nowhere/a");
        using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", [folder.File("pipe")])) { mkfifo.WaitForExit(); }
        string[] before = [.. Directory.EnumerateFileSystemEntries(folder.Path)];

        foreach ((string name, string message) in new[] { ("folder", "it is a folder. Name a file."),
            ("link", "a link to nothing: /nowhere/a is not there. Put it there, or remove the link."),
            ("pipe", "it is a named pipe, but a file is needed. Give a file.") })
        {
            string path = folder.File(name);
            Should.Throw<InvalidInputException>(() => AtomicFile.RequireWritable(path)).Message.ShouldEndWith($"{path}: {message}");
            Should.Throw<InvalidInputException>(() => AtomicFile.WriteAllText(path, "a")).Message.ShouldEndWith($"{path}: {message}");
        }
        Directory.EnumerateFileSystemEntries(folder.Path).ShouldBe(before);
        new FileInfo(folder.File("link")).LinkTarget.ShouldBe("/nowhere/a");
    }

    [Fact]
    public void A_full_disk_is_the_machines_fault_and_leaves_the_old_file_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("file.txt");
        AtomicFile.WriteAllText(path, "old");
        string message = Should.Throw<IOException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write(new byte[100_000]);   // more than the buffer, so that bytes are on disk when it fails
            throw new IOException("No space left on device", 28);   // ENOSPC
        })).Message;
        message.ShouldBe($"Cannot write {path}: No space left on device");
        File.ReadAllText(path).ShouldBe("old");
        Directory.EnumerateFileSystemEntries(folder.Path).ShouldBe([path]);
    }

    // errno.h of Linux: EIO, EFBIG, ENOSPC, EDQUOT and an error without a number are the machine's;
    // EEXIST, ENOTDIR, EISDIR, EROFS and ENAMETOOLONG are the place's.
    [Theory]
    [InlineData(5, false)]
    [InlineData(27, false)]
    [InlineData(28, false)]
    [InlineData(122, false)]
    [InlineData(0, false)]
    [InlineData(17, true)]
    [InlineData(20, true)]
    [InlineData(21, true)]
    [InlineData(30, true)]
    [InlineData(36, true)]
    [InlineData(unchecked((int)0x80070070), false)]   // ERROR_DISK_FULL
    [InlineData(unchecked((int)0x80070050), true)]   // ERROR_FILE_EXISTS
    public void What_the_user_cannot_mend_by_another_path_is_no_bad_input(int code, bool place)
    {
        Exception failure = WriteFailure.Of("It failed.", "Choose another.", new IOException("why", code));
        failure.ShouldBeOfType(place ? typeof(InvalidInputException) : typeof(IOException));
        failure.Message.ShouldBe(place ? "It failed. Choose another." : "It failed.");
    }

    [Fact]
    public void Any_other_exception_of_the_writer_passes_through_and_leaves_the_old_file_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("file.txt");
        AtomicFile.WriteAllText(path, "old");
        Should.Throw<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write(new byte[10]);
            throw new InvalidOperationException("mine");
        })).Message.ShouldBe("mine");
        File.ReadAllText(path).ShouldBe("old");
        Directory.EnumerateFileSystemEntries(folder.Path).ShouldBe([path]);
    }

    [Fact]
    public void Readers_see_the_old_content_until_the_new_is_whole()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("file.txt");
        AtomicFile.WriteAllText(path, "old");
        AtomicFile.Write(path, stream =>
        {
            stream.Write("new"u8);
            stream.Flush();
            File.ReadAllText(path).ShouldBe("old");
        });
        File.ReadAllText(path).ShouldBe("new");
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_an_error_that_names_the_path()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("a file"), "");
        string below = Path.Combine(folder.File("a file"), "x", "file.txt");
        Should.Throw<InvalidInputException>(() => AtomicFile.WriteAllText(below, "")).Message.ShouldContain($"Cannot write {below}");
        string beside = Path.Combine(folder.File("a file"), "file.txt");
        Should.Throw<InvalidInputException>(() => AtomicFile.WriteAllText(beside, "")).Message
            .ShouldContain("Choose a folder that is writable");
    }

    [Fact]
    public void A_target_that_is_a_folder_is_an_error_and_nothing_is_left_behind()
    {
        using var folder = new TemporaryFolder();
        string path = Directory.CreateDirectory(folder.File("target")).FullName;
        Should.Throw<InvalidInputException>(() => AtomicFile.WriteAllText(path, "x")).Message.ShouldContain($"Cannot write {path}");
        Directory.EnumerateFileSystemEntries(folder.Path).ShouldBe([path]);
    }

    [Fact]
    public void A_folder_that_takes_no_files_is_an_error()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/proc exists on Linux only");
        Should.Throw<InvalidInputException>(() => AtomicFile.WriteAllText("/proc/rholoss-test", "x")).Message
            .ShouldContain("Cannot write /proc/rholoss-test");
    }
}
