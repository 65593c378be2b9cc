using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using RhoLoss.Logging;

namespace RhoLoss.Tests.Logging;

public sealed class TensorBoardLogTests
{
    [Fact]
    public void The_checksum_that_records_are_held_against_is_CRC_32C_masked_as_TFRecord_has_it()
    {
        // CRC-32C of "123456789" is e3069283 (its check value); rotated right by 15 it is 2507c60d, plus a282ead8 c78ab0e5.
        MaskedChecksum("123456789"u8).ShouldBe(0xc78ab0e5);
    }

    [Fact]
    public void A_run_has_a_folder_with_a_file_for_each_time_it_was_started_and_a_tag_for_each_metric_that_is_known()
    {
        using var folder = new TemporaryFolder();
        using (var log = new TensorBoardLog(folder.Path))
        {
            log.Write(new RunEvent.Started(Points.Arm, StepsTaken: 0, TotalSteps: 40));
            log.Write(Points.Event(10, ("accuracy", 0.75), ("selected.corrupted", 0.5), ("selected.lowRelevance", null)));
            log.Write(new RunEvent.Started(Points.Arm with { Seed = 4 }, StepsTaken: 0, TotalSteps: 40));
        }
        using (var log = new TensorBoardLog(folder.Path))
        {
            log.Write(new RunEvent.Started(Points.Arm, StepsTaken: 10, TotalSteps: 40));
            log.Write(Points.Event(20, ("accuracy", 0.25)));
        }

        Directory.GetDirectories(folder.Path).Select(path => Path.GetFileName(path)!).Order()
            .ShouldBe(["rho-loss-seed3", "rho-loss-seed4"]);
        string[] files = Directory.GetFiles(folder["rho-loss-seed3"]);
        files.Length.ShouldBe(2);
        string first = Records(files.Single(file => file.EndsWith(".1", StringComparison.Ordinal)));
        first.ShouldContain("brain.Event:2");
        first.ShouldContain(Scalar("accuracy", 0.75f));
        first.ShouldContain(Scalar("selected/corrupted", 0.5f));
        first.ShouldNotContain("lowRelevance");
        // A file that starts at step 11: TensorBoard drops what the first has from there on.
        Records(files.Single(file => file.EndsWith(".11", StringComparison.Ordinal))).ShouldContain(Scalar("accuracy", 0.25f));
    }

    [Fact]
    public void A_loop_that_tells_of_no_start_has_a_file_from_its_first_point_on()
    {
        using var folder = new TemporaryFolder();
        using (var log = new TensorBoardLog(folder["events"])) { log.Write(Points.Event(10, ("loss", 1))); }

        Records(Directory.GetFiles(folder["events", "rho-loss-seed3"]).ShouldHaveSingleItem()).ShouldContain(Scalar("loss", 1));
    }

    /// <summary>Summary.Value with tag (field 1) and simple_value (field 2), as protocol buffers have them.</summary>
    private static string Scalar(string tag, float value)
    {
        byte[] raw = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(raw, value);
        return Encoding.Latin1.GetString([0x0a, (byte)tag.Length, .. Encoding.UTF8.GetBytes(tag), 0x15, .. raw]);
    }

    /// <summary>The contents of all records, whose lengths and checksums must hold.</summary>
    private static string Records(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        var contents = new StringBuilder();
        for (int at = 0; at < bytes.Length;)
        {
            int length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));
            byte[] content = bytes[(at + 12)..(at + 12 + length)];
            BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)).ShouldBe(MaskedChecksum(bytes.AsSpan(at, 8)));
            BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length)).ShouldBe(MaskedChecksum(content));
            contents.Append(Encoding.Latin1.GetString(content));
            at += 16 + length;
        }
        return contents.ToString();
    }

    /// <summary>Bit by bit, by the reversed polynomial.</summary>
    private static uint MaskedChecksum(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++) { crc = (crc >> 1) ^ ((crc & 1) * 0x82f63b78); }
        }
        return BitOperations.RotateRight(~crc, 15) + 0xa282ead8;
    }
}
