// Checks the summary of CI's short comparison: dotnet run eng/check-summary.cs -- SUMMARY.json RUN_FOLDER
// Complains about every broken rule and exits with their number.
using System.Text.Json;

using JsonDocument document = JsonDocument.Parse(File.ReadAllText(args[0]));
JsonElement root = document.RootElement;
string run = args[1];
int broken = 0;

void Require(bool holds, string rule)
{
    if (holds) { return; }
    broken++;
    Console.Error.WriteLine($"broken: {rule}");
}

JsonElement Arm(string method) => root.GetProperty("arms").EnumerateArray().Single(a => a.GetProperty("method").GetString() == method);
JsonElement uniform = Arm("uniform"), rho = Arm("rho-loss"), trainLoss = Arm("train-loss");
double Corrupted(JsonElement arm) => arm.GetProperty("selected").GetProperty("corrupted").GetDouble();
double Best(JsonElement arm) => arm.GetProperty("bestAccuracy").GetDouble();

Require(root.GetProperty("recipe").GetString() == "quickstart", "the summary is the quickstart's");
Require(root.GetProperty("arms").GetArrayLength() == 3, "there are three arms");
foreach (JsonElement arm in root.GetProperty("arms").EnumerateArray())
{
    string name = arm.GetProperty("method").GetString()!;
    // 10,000 points in large batches of 320: 31 full ones and one of 80, so 32 steps and 31 · 32 + 8 = 1,000 trained an epoch.
    Require(arm.GetProperty("steps").GetInt64() == 8 * 32, $"{name} takes 256 steps");
    Require(arm.GetProperty("examplesTrained").GetInt64() == 8 * 1000, $"{name} trains on 8,000 examples");
    Require(arm.GetProperty("accuracyByEpoch").GetArrayLength() == 8, $"{name} has an accuracy for each epoch");
}
Require(uniform.GetProperty("examplesScored").GetInt64() == 0, "uniform scores nothing");
Require(rho.GetProperty("examplesScored").GetInt64() == 80000, "rho-loss scores every point once an epoch");
Require(Best(rho) > Best(uniform) + 0.015, "rho-loss is at least 1.5 points above uniform");
Require(rho.GetProperty("epochsToTarget").ValueKind == JsonValueKind.Number && rho.GetProperty("epochsToTarget").GetInt32() <= 4,
    "rho-loss reaches uniform's best within 4 epochs");
Require(Corrupted(trainLoss) > 2 * Corrupted(uniform), "train-loss selects more than twice uniform's share of corrupted points");
Require(Corrupted(trainLoss) > 3 * Corrupted(rho), "rho-loss selects less than a third of train-loss's share of corrupted points");
Require(Corrupted(uniform) is > 0.08 and < 0.12, "uniform selects about 10 % corrupted points");
foreach (string file in new[] { "config.toml", "metrics.jsonl", "summary.json", "environment.json", "accuracy.png" })
{
    Require(File.Exists(Path.Combine(run, file)), $"the run folder holds {file}");
}
Console.WriteLine(broken == 0 ? "the summary keeps all rules" : $"{broken} rules broken");
return broken;
